//! Simulated sources.

use std::time::Duration;

use super::nanoseconds;
use crate::abi::*;
use crate::netlink::Builder;

/// A source without hardware, driven by a timer (`kernel/clients/sim.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sim {
    /// From one burst to the next; 10 µs to 1000 days.
    pub period: Duration,
    /// Events in a burst, from 1 to 1,024.
    pub burst: u32,
    /// Below the period and 4 s: each burst comes later by less than that, at random.
    pub jitter: Duration,
    /// First word of each event's payload; the second counts the bursts.
    pub payload: u64,
    /// Events until it stops; `None` for no end.
    pub count: Option<u64>,
}

impl Sim {
    /// One event each period, without jitter or end.
    pub fn new(period: Duration) -> Self {
        Sim {
            period,
            burst: 1,
            jitter: Duration::ZERO,
            payload: 0,
            count: None,
        }
    }

    pub(super) fn put(&self, to: Builder) -> Builder {
        let to = to
            .u64(IRQLINK_A_SIM_PERIOD, nanoseconds(self.period))
            .u32(IRQLINK_A_SIM_BURST, self.burst)
            .u64(IRQLINK_A_SIM_JITTER, nanoseconds(self.jitter))
            .u64(IRQLINK_A_SIM_PAYLOAD, self.payload);
        match self.count {
            Some(count) => to.u64(IRQLINK_A_SIM_COUNT, count),
            None => to,
        }
    }
}
