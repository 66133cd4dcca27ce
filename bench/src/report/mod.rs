//! The report: what was measured, and on what.

mod basis;
mod csv;
pub mod distribution;
mod file;
mod merge;
mod quantiles;
mod row;
mod section;
mod stopped;
mod stream;
mod traced;

use serde::{Deserialize, Serialize};

pub use basis::{Basis, Worth};
pub use csv::csv;
pub use file::{read, write};
pub use merge::merge;
pub use quantiles::{Percentile, Quantiles};
pub use row::Row;
pub use section::{Section, Subject, sections};
pub use stopped::Stopped;
pub use stream::{Burst, Step, Throughput};
pub use traced::{Part, Point, Traced};

use crate::environment::Environment;
use crate::measure::Measure;
use crate::path::Skipped;

/// Version of this layout.
pub const SCHEMA: u32 = 1;

/// Path of a row whose figures are those of the interrupt handler itself.
pub const HANDLER: &str = "handler";

/// A report. Readers ignore keys that they do not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Something is missing: the run was stopped or failed.
    #[serde(default)]
    pub partial: bool,
    /// The machine and its settings; of a merged report, those of the first run.
    pub environment: Environment,
    /// The rows.
    pub results: Vec<Row>,
    /// Bursts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bursts: Vec<Burst>,
    /// Events a second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub throughput: Vec<Throughput>,
    /// Paths that were not to be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What ended the run; of a merged report, of each run that was ended so.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "stopped")]
    pub stopped: Vec<Stopped>,
    /// Of a merged report, the environment of each run; [`Row::run`] leads here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Environment>,
}

impl Report {
    /// The report of one run.
    pub fn new(environment: Environment, results: Vec<Row>, partial: bool) -> Self {
        Report {
            schema: SCHEMA,
            partial,
            environment,
            results,
            bursts: Vec::new(),
            throughput: Vec::new(),
            skipped: Vec::new(),
            stopped: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// The environment of each run.
    pub fn environments(&self) -> &[Environment] {
        match self.runs.is_empty() {
            true => std::slice::from_ref(&self.environment),
            false => &self.runs,
        }
    }

    /// What was measured in the run that an event ended.
    pub fn measure_of(&self, stopped: &Stopped) -> Measure {
        let mut rows = self.results.iter().filter(|row| row.run == stopped.run);
        let environment = self.environments().get(stopped.run);
        match (rows.next(), environment) {
            (Some(row), _) => row.measure,
            (None, Some(run)) if run.instruction_clock => Measure::PathLength,
            (None, _) => Measure::Time,
        }
    }

    /// Which run it is, in words, if there are several.
    pub fn run_name(&self, run: usize) -> String {
        match self.runs.len() {
            0 => String::new(),
            _ => format!(" in run {}", run + 1),
        }
    }

    /// Nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty() && self.bursts.is_empty() && self.throughput.is_empty()
    }

    /// Every event of every row arrived, once.
    pub fn is_complete(&self) -> bool {
        let bursts = self.bursts.iter().all(Burst::is_complete);
        !self.partial && bursts && self.results.iter().all(Row::is_complete)
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::Value;

    use super::*;
    use crate::environment::tests::environment;

    pub use super::row::tests::row;
    pub use super::stopped::tests::stopped;
    pub use super::stream::tests::burst;

    #[test]
    fn a_report_survives_its_file() {
        let rows = vec![
            row("netlink", Measure::Time, 52_000),
            row("read", Measure::PathLength, 4_800),
        ];
        let report = Report::new(environment(), rows, false);
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }

    #[test]
    fn the_keys_are_those_that_readers_rely_on() {
        let rows = vec![row("netlink", Measure::PathLength, 7_461)];
        let report = Report::new(environment(), rows, false);
        let value = serde_json::to_value(&report).unwrap();
        assert_eq!(value["schema"], 1);
        let environment = &value["environment"];
        for key in ["kernel", "arch", "accel", "preempt", "cpu", "clocksource"] {
            assert!(environment[key].is_string(), "{key}");
        }
        assert_eq!(value["results"][0]["path"], "netlink");
    }

    #[test]
    fn unknown_keys_are_ignored() {
        let report = Report::new(environment(), Vec::new(), false);
        let mut value = serde_json::to_value(&report).unwrap();
        value["later"] = Value::Bool(true);
        assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
    }

    #[test]
    fn a_lost_event_makes_a_report_incomplete() {
        let mut report = Report::new(
            environment(),
            vec![row("read", Measure::Time, 4_800)],
            false,
        );
        assert!(report.is_complete());
        report.results[0].lost = 1;
        assert!(!report.is_complete());
    }

    #[test]
    fn only_baselines_may_lose_events_of_bursts() {
        let mut report = Report::new(environment(), Vec::new(), false);
        for (path, is_complete) in [("sysfs", true), ("udp", true), ("netlink-thread", false)] {
            report.bursts = vec![burst(path, 3)];
            assert_eq!(report.is_complete(), is_complete, "{path}");
        }
    }
}
