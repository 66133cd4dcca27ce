//! Sources and their consumers, as the kernel describes them.

use serde::Serialize;

use crate::abi::*;
use crate::netlink::{Attributes, Malformed};

/// Where the step from the log to the consumers runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// In softirq, right after the hard IRQ. Not on PREEMPT_RT.
    #[default]
    Softirq,
    /// In the source's interrupt thread.
    Thread,
}

impl Delivery {
    /// Its number in netlink, `IRQLINK_DELIVERY_*`.
    pub fn number(self) -> u32 {
        match self {
            Delivery::Softirq => IRQLINK_DELIVERY_SOFTIRQ,
            Delivery::Thread => IRQLINK_DELIVERY_THREAD,
        }
    }

    fn from_number(number: u32) -> Result<Self, Malformed> {
        match number {
            IRQLINK_DELIVERY_SOFTIRQ => Ok(Delivery::Softirq),
            IRQLINK_DELIVERY_THREAD => Ok(Delivery::Thread),
            _ => Err(Malformed("unknown delivery")),
        }
    }
}

impl std::fmt::Display for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Delivery::Softirq => "softirq",
            Delivery::Thread => "thread",
        })
    }
}

/// One interrupt of a device, with its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Number of the source, never used again while the module is loaded.
    pub id: u32,
    /// Name of the source; its device file is `/dev/irqlink/<name>`.
    pub name: String,
    /// Module that feeds the source.
    pub driver: String,
    /// Device that raises the interrupt, as sysfs names it.
    pub device: String,
    /// Linux interrupt number, as in `/proc/interrupts`.
    pub irq: u32,
    /// Where deliveries run.
    pub delivery: Delivery,
    /// The device can be made to raise its interrupt.
    pub trigger: bool,
    /// Bytes of one record.
    pub record_size: u32,
    /// Records that the log holds.
    pub capacity: u32,
    /// Interrupts so far; also the sequence number of the newest record.
    pub raised: u64,
    /// Sequence number of the oldest record that the log holds.
    pub oldest: u64,
    /// Registered netlink agents.
    pub agents: u32,
    /// Open files.
    pub files: u32,
}

impl Source {
    pub(crate) fn parse(attributes: Attributes<'_>) -> Result<Self, Malformed> {
        let mut source = Source::default();
        for attribute in attributes {
            let attribute = attribute?;
            match attribute.kind {
                IRQLINK_A_SOURCE_ID => source.id = attribute.u32()?,
                IRQLINK_A_SOURCE_NAME => source.name = attribute.string()?.to_owned(),
                IRQLINK_A_SOURCE_DRIVER => source.driver = attribute.string()?.to_owned(),
                IRQLINK_A_SOURCE_DEVICE => source.device = attribute.string()?.to_owned(),
                IRQLINK_A_SOURCE_IRQ => source.irq = attribute.u32()?,
                IRQLINK_A_SOURCE_DELIVERY => {
                    source.delivery = Delivery::from_number(attribute.u32()?)?;
                }
                IRQLINK_A_SOURCE_FEATURES => {
                    source.trigger = attribute.u32()? & IRQLINK_FEATURE_TRIGGER != 0;
                }
                IRQLINK_A_SOURCE_RECORD_SIZE => source.record_size = attribute.u32()?,
                IRQLINK_A_SOURCE_CAPACITY => source.capacity = attribute.u32()?,
                IRQLINK_A_SOURCE_RAISED => source.raised = attribute.u64()?,
                IRQLINK_A_SOURCE_OLDEST => source.oldest = attribute.u64()?,
                IRQLINK_A_SOURCE_AGENTS => source.agents = attribute.u32()?,
                IRQLINK_A_SOURCE_FILES => source.files = attribute.u32()?,
                _ => {}
            }
        }
        Ok(source)
    }
}

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
}

impl std::fmt::Display for ConsumerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            ConsumerKind::Agent => "agent",
            ConsumerKind::File => "file",
            ConsumerKind::Ring => "ring",
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
    /// Netlink port of an agent, else 0.
    pub port: u32,
    /// Process that registered the agent or opened the file.
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
                        _ => return Err(Malformed("unknown kind of consumer")),
                    };
                }
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
