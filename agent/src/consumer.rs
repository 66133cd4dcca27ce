//! Consumers of a source, as the kernel keeps their ledger.

use serde::Serialize;

use crate::abi::*;
use crate::netlink::{Attributes, Malformed};

/// What a consumer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsumerKind {
    /// A netlink socket, sent events by unicast.
    #[default]
    Agent,
    /// An open file of the character device.
    File,
    /// An open file through which the log is mapped: the kernel knows only what was raised.
    Ring,
    /// A kernel module, called for each event.
    Subscriber,
    /// All sockets of the multicast group: what was sent to it, whether or not each had room.
    Observers,
}

impl std::fmt::Display for ConsumerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            ConsumerKind::Agent => "agent",
            ConsumerKind::File => "file",
            ConsumerKind::Ring => "ring",
            ConsumerKind::Subscriber => "subscriber",
            ConsumerKind::Observers => "observers",
        })
    }
}

/// Ledger of one consumer. Of the events raised since it came,
/// raised = delivered + lost + pending, always, but for a [`ConsumerKind::Ring`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Consumer {
    /// Number of the source.
    pub source: u32,
    /// What it is.
    pub kind: ConsumerKind,
    /// Module that subscribed, else empty.
    pub name: String,
    /// Netlink port of an agent, else 0.
    pub port: u32,
    /// Process that registered the agent or opened the file, else 0.
    pub pid: u32,
    /// Interrupts since this consumer's first cursor position.
    pub raised: u64,
    /// Records handed over, each counted once.
    pub delivered: u64,
    /// Records overwritten before this consumer came to them.
    pub lost: u64,
    /// Records raised and neither delivered nor lost yet.
    pub pending: u64,
    /// First sequence number of the latest loss, else 0.
    pub lost_first: u64,
    /// Last sequence number of the latest loss, else 0.
    pub lost_last: u64,
    /// Times that the socket's receive buffer had no room.
    pub no_room: u64,
    /// Deliveries tried again after there was no room or no memory.
    pub retried: u64,
    /// Records handed over a second time, on request.
    pub replayed: u64,
}

impl Consumer {
    pub(crate) fn parse(attributes: Attributes<'_>) -> Result<Self, Malformed> {
        let mut consumer = Consumer::default();
        for attribute in attributes {
            let attribute = attribute?;
            match attribute.kind {
                IRQLINK_A_CONSUMER_SOURCE => consumer.source = attribute.u32()?,
                IRQLINK_A_CONSUMER_KIND => {
                    consumer.kind = match attribute.u32()? {
                        IRQLINK_CONSUMER_KIND_AGENT => ConsumerKind::Agent,
                        IRQLINK_CONSUMER_KIND_FILE => ConsumerKind::File,
                        IRQLINK_CONSUMER_KIND_RING => ConsumerKind::Ring,
                        IRQLINK_CONSUMER_KIND_SUBSCRIBER => ConsumerKind::Subscriber,
                        IRQLINK_CONSUMER_KIND_OBSERVERS => ConsumerKind::Observers,
                        _ => return Err(Malformed("unknown kind of consumer")),
                    };
                }
                IRQLINK_A_CONSUMER_NAME => consumer.name = attribute.string()?.to_owned(),
                IRQLINK_A_CONSUMER_PORT => consumer.port = attribute.u32()?,
                IRQLINK_A_CONSUMER_PID => consumer.pid = attribute.u32()?,
                IRQLINK_A_CONSUMER_RAISED => consumer.raised = attribute.u64()?,
                IRQLINK_A_CONSUMER_DELIVERED => consumer.delivered = attribute.u64()?,
                IRQLINK_A_CONSUMER_LOST => consumer.lost = attribute.u64()?,
                IRQLINK_A_CONSUMER_PENDING => consumer.pending = attribute.u64()?,
                IRQLINK_A_CONSUMER_LOST_FIRST => consumer.lost_first = attribute.u64()?,
                IRQLINK_A_CONSUMER_LOST_LAST => consumer.lost_last = attribute.u64()?,
                IRQLINK_A_CONSUMER_NO_ROOM => consumer.no_room = attribute.u64()?,
                IRQLINK_A_CONSUMER_RETRIED => consumer.retried = attribute.u64()?,
                IRQLINK_A_CONSUMER_REPLAYED => consumer.replayed = attribute.u64()?,
                _ => {}
            }
        }
        Ok(consumer)
    }
}
