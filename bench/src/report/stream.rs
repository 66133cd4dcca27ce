//! Many events in a row.

use serde::{Deserialize, Serialize};

use super::{Basis, Quantiles};
use crate::environment::Accel;
use crate::measure::{Measure, Unit};
use crate::path;

/// What an event costs in bursts of one length, on one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// Name of the path.
    pub path: String,
    /// What the figures are.
    pub measure: Measure,
    /// Their unit.
    pub unit: Unit,
    /// How the machine executes instructions.
    pub accel: Accel,
    /// Number of the run, from 0.
    #[serde(default)]
    pub run: usize,
    /// Events in a burst.
    pub length: u32,
    /// Events raised.
    pub events: u64,
    /// Events received.
    pub received: u64,
    /// Events reported lost.
    pub lost: u64,
    /// What the CPUs did for each event, all in all.
    pub cost: f64,
    /// What they did without a consumer.
    pub cost_without: f64,
    /// From the stamp of a burst's first event until the handler has its last.
    pub duration: Quantiles,
}

impl Burst {
    /// What its figures rest on.
    pub fn basis(&self) -> Basis {
        Basis {
            measure: self.measure,
            accel: self.accel,
        }
    }

    /// Every event arrived; or the path is a baseline, which may lose some.
    pub fn is_complete(&self) -> bool {
        let is_baseline = || path::named(&self.path).is_ok_and(path::is_baseline);
        self.lost == 0 || is_baseline()
    }

    /// The path's own part: the difference.
    pub fn delivery(&self) -> f64 {
        (self.cost - self.cost_without).max(0.0)
    }
}

/// How many events a second one path takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Name of the path.
    pub path: String,
    /// What costs are measured in.
    pub measure: Measure,
    /// Their unit.
    pub unit: Unit,
    /// How the machine executes instructions.
    pub accel: Accel,
    /// Number of the run, from 0.
    #[serde(default)]
    pub run: usize,
    /// Consumers, each of which gets all events.
    pub consumers: u32,
    /// Records that a message or a read carries at most, where the program chooses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// Rates that were tried, ascending.
    pub steps: Vec<Step>,
    /// What the CPUs did for each event, all in all, at the fastest rate that was sustained.
    pub cost: Option<f64>,
}

/// One rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Events a second that the source was asked for.
    pub offered: f64,
    /// Events a second that it raised.
    pub raised: f64,
    /// Events a second that each consumer received, on average.
    pub received: f64,
    /// Part of the events that consumers lost.
    pub lost: f64,
}

impl Step {
    /// Nothing was lost, and the consumers keep up.
    pub fn is_sustained(&self) -> bool {
        self.lost == 0.0 && self.received >= 0.95 * self.raised
    }
}

impl Throughput {
    /// What its figures rest on.
    pub fn basis(&self) -> Basis {
        Basis {
            measure: self.measure,
            accel: self.accel,
        }
    }

    /// What makes it another one than another of its basis.
    pub fn key(&self) -> (&str, u32, Option<u32>) {
        (&self.path, self.consumers, self.batch)
    }

    /// The fastest that was sustained, if any was.
    pub fn sustained(&self) -> Option<&Step> {
        let sustained = self.steps.iter().filter(|step| step.is_sustained());
        sustained.max_by(|a, b| a.raised.total_cmp(&b.raised))
    }

    /// The fastest that was tried.
    pub fn fastest(&self) -> Option<&Step> {
        self.steps.last()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Of 1,024 events in one burst, each at 500 instructions.
    pub fn burst(path: &str, lost: u64) -> Burst {
        Burst {
            path: path.into(),
            measure: Measure::PathLength,
            unit: Unit::Instructions,
            accel: Accel::Tcg,
            run: 0,
            length: 1024,
            events: 1024,
            received: 1024 - lost,
            lost,
            cost: 500.0,
            cost_without: 0.0,
            duration: Quantiles::default(),
        }
    }
}
