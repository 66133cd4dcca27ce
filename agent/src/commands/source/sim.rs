//! `irqlink source add sim`

use std::time::Duration;

use clap::Args;
use irqlink::NewSource;
use irqlink::units::{parse_duration, parse_word};

use super::super::Outcome;
use super::add::Common;

/// Simulate a source: a timer's expiry in place of a device's interrupt.
#[derive(Debug, Args)]
pub struct Sim {
    /// From one burst to the next, such as 1ms; at least 10us
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    period: Duration,
    /// Events in a burst
    #[arg(long, value_name = "N", default_value_t = 1)]
    burst: u32,
    /// Below the period: each burst comes later by less than that, at random
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s")]
    jitter: Duration,
    /// First word of each event's payload; the second counts the bursts
    #[arg(long, value_name = "NUMBER", value_parser = parse_word::<u64>, default_value = "0")]
    payload: u64,
    /// Events until it stops; endless if absent
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    common: Common,
}

impl Sim {
    pub fn run(self) -> Outcome {
        self.common.add(NewSource::new(irqlink::Sim {
            period: self.period,
            burst: self.burst,
            jitter: self.jitter,
            payload: self.payload,
            count: self.count,
        }))
    }
}
