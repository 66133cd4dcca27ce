//! One event as it was measured, and the slowest of many.

use std::collections::VecDeque;

use irqlink::abi::Record;
use serde::{Deserialize, Serialize};

/// How many of the slowest are kept.
const WORST: usize = 10;

/// One event as it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// From the stamp in hard IRQ to the handler, in the row's unit.
    pub latency: u64,
    /// Sequence number in its source.
    pub seq: u64,
    /// Stamp in hard IRQ: `CLOCK_MONOTONIC`, in ns.
    pub time_ns: u64,
    /// Stamp of the trigger, 0 if the source has none.
    #[serde(default)]
    pub trigger_ns: u64,
    /// CPU that took the interrupt.
    pub cpu: u32,
    /// `IRQLINK_RECORD_*`.
    pub flags: u32,
}

impl Sample {
    /// An event that took `latency`.
    pub fn new(record: &Record, latency: u64) -> Self {
        Sample {
            latency,
            seq: record.seq,
            time_ns: record.time_ns,
            trigger_ns: record.trigger_ns,
            cpu: record.cpu,
            flags: record.flags,
        }
    }

    /// When it was handled, `CLOCK_MONOTONIC` in ns.
    pub fn handled_ns(&self) -> u64 {
        let from = match self.time_ns {
            // A path without a stamp in hard IRQ is measured from the trigger.
            0 => self.trigger_ns,
            time_ns => time_ns,
        };
        from + self.latency
    }
}

/// The latest, the newest last. Allocates nothing once it is made.
#[derive(Clone, Debug)]
pub struct Latest {
    samples: VecDeque<Sample>,
    length: usize,
}

impl Latest {
    /// None yet, at most so many.
    pub fn new(length: usize) -> Self {
        Latest {
            samples: VecDeque::with_capacity(length + 1),
            length,
        }
    }

    /// Keeps it, and forgets the oldest if there are too many.
    pub fn push(&mut self, sample: Sample) {
        self.samples.push_back(sample);
        if self.samples.len() > self.length {
            self.samples.pop_front();
        }
    }

    /// They.
    pub fn to_vec(&self) -> Vec<Sample> {
        self.samples.iter().copied().collect()
    }
}

/// The ten slowest, the slowest first. Allocates nothing once it is made.
#[derive(Clone, Debug)]
pub struct Worst(Vec<Sample>);

impl Worst {
    /// None yet.
    pub fn new() -> Self {
        Worst(Vec::with_capacity(WORST + 1))
    }

    /// Keeps it if it belongs to them. Of equals, those that came first stay.
    pub fn offer(&mut self, sample: Sample) {
        if self.0.len() == WORST && self.0[WORST - 1].latency >= sample.latency {
            return;
        }
        let place = self.0.partition_point(|one| one.latency >= sample.latency);
        self.0.insert(place, sample);
        self.0.truncate(WORST);
    }

    /// They.
    pub fn samples(&self) -> &[Sample] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(seq: usize, latency: u64) -> Sample {
        Sample {
            seq: seq as u64,
            latency,
            ..Sample::default()
        }
    }

    #[test]
    fn the_latest_are_kept() {
        let mut latest = Latest::new(2);
        (1..=5).for_each(|seq| latest.push(sample(seq, 1)));
        let seqs: Vec<_> = latest.to_vec().iter().map(|one| one.seq).collect();
        assert_eq!(seqs, [4, 5]);
    }

    proptest! {
        #[test]
        fn the_slowest_are_kept(latencies in prop::collection::vec(0u64..50, 0..40)) {
            let samples: Vec<_> = latencies.iter().enumerate().map(|(seq, one)| sample(seq, *one)).collect();
            let mut worst = Worst::new();
            samples.iter().for_each(|one| worst.offer(*one));
            let mut expected = samples;
            expected.sort_by_key(|one| (std::cmp::Reverse(one.latency), one.seq));
            expected.truncate(WORST);
            prop_assert_eq!(worst.samples(), expected);
        }
    }
}
