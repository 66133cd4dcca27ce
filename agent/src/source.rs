//! Sources, as the kernel describes them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::abi::*;
use crate::netlink::{Attributes, Malformed};
use crate::units::UnitError;

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

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Delivery::Softirq => "softirq",
            Delivery::Thread => "thread",
        })
    }
}

impl FromStr for Delivery {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "softirq" => Ok(Delivery::Softirq),
            "thread" => Ok(Delivery::Thread),
            _ => Err(UnitError("expected softirq or thread")),
        }
    }
}

/// What becomes of the interrupt after it was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It may come again at once.
    #[default]
    Free,
    /// It stays masked until a consumer acknowledges, for level interrupts.
    UntilAck,
}

impl Mode {
    /// Its number in netlink, `IRQLINK_MODE_*`.
    pub fn number(self) -> u32 {
        match self {
            Mode::Free => IRQLINK_MODE_FREE,
            Mode::UntilAck => IRQLINK_MODE_UNTIL_ACK,
        }
    }

    fn from_number(number: u32) -> Result<Self, Malformed> {
        match number {
            IRQLINK_MODE_FREE => Ok(Mode::Free),
            IRQLINK_MODE_UNTIL_ACK => Ok(Mode::UntilAck),
            _ => Err(Malformed("unknown mode")),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Free => "free",
            Mode::UntilAck => "until-ack",
        })
    }
}

impl FromStr for Mode {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "free" => Ok(Mode::Free),
            "until-ack" => Ok(Mode::UntilAck),
            _ => Err(UnitError("expected free or until-ack")),
        }
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
    /// What becomes of the interrupt after it was taken.
    pub mode: Mode,
    /// Interrupts a second, above which the source is masked; 0 for no limit.
    pub storm_limit: u32,
    /// Milliseconds until it is unmasked.
    pub storm_pause_ms: u32,
    /// Times that it was masked for exceeding its limit.
    pub storms: u64,
    /// Its interrupt is masked now, by its mode or its limit.
    pub masked: bool,
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
                IRQLINK_A_SOURCE_MODE => source.mode = Mode::from_number(attribute.u32()?)?,
                IRQLINK_A_SOURCE_STORM_LIMIT => source.storm_limit = attribute.u32()?,
                IRQLINK_A_SOURCE_STORM_PAUSE => source.storm_pause_ms = attribute.u32()?,
                IRQLINK_A_SOURCE_STORMS => source.storms = attribute.u64()?,
                IRQLINK_A_SOURCE_MASKED => source.masked = attribute.u32()? != 0,
                _ => {}
            }
        }
        Ok(source)
    }
}
