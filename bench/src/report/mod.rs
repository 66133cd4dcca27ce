//! The report file: what was measured, and on what.

mod file;
mod merge;

use std::collections::BTreeMap;

use hdrhistogram::Counter;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

pub use file::{check, read, write};
pub use merge::merge;

use crate::environment::{Accel, Environment};
use crate::measure::{Measure, Unit};
use crate::recorder::Stage;

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
    /// Of a merged report, the environment of each run; [`Row::run`] leads here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Environment>,
}

/// One path in one measure. The figures are those of [`Stage::IrqToHandler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
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
    /// Name of the source.
    pub source: String,
    /// Netlink agents registered meanwhile, where that is varied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u32>,
    /// Interrupts raised, without the warm-up; received + lost.
    pub events: u64,
    /// Events that came in time, each counted once.
    pub received: u64,
    /// Events that did not.
    pub lost: u64,
    /// Events that came again, or out of order.
    #[serde(default)]
    pub duplicates: u64,
    /// Interrupts among `events` that something else raised.
    #[serde(default)]
    pub unasked: u64,
    /// The figures.
    #[serde(flatten)]
    pub quantiles: Quantiles,
    /// The figures of each stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<Stage, Quantiles>,
}

/// A distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Least.
    pub min: u64,
    /// Median.
    pub p50: u64,
    /// 90 % are at most this; and so on.
    pub p90: u64,
    /// 99 %.
    pub p99: u64,
    /// 99.9 %.
    pub p999: u64,
    /// Greatest.
    pub max: u64,
}

impl Quantiles {
    /// Those of a histogram.
    pub fn of<C: Counter>(histogram: &Histogram<C>) -> Self {
        Quantiles {
            min: histogram.min(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        }
    }
}

impl Report {
    /// The report of one run.
    pub fn new(environment: Environment, results: Vec<Row>, partial: bool) -> Self {
        Report {
            schema: SCHEMA,
            partial,
            environment,
            results,
            runs: Vec::new(),
        }
    }

    /// Every event of every row arrived, once.
    pub fn is_complete(&self) -> bool {
        let whole = |row: &Row| row.lost == 0 && row.duplicates == 0;
        !self.partial && self.results.iter().all(whole)
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::environment::tests::environment;

    pub fn row(path: &str, measure: Measure, p50: u64) -> Row {
        let quantiles = Quantiles {
            min: p50 - 10,
            p50,
            p90: p50 + 10,
            p99: p50 + 100,
            p999: p50 + 1000,
            max: p50 + 2000,
        };
        Row {
            path: path.into(),
            measure,
            unit: measure.unit(),
            accel: Accel::Tcg,
            run: 0,
            source: "edu0".into(),
            consumers: None,
            events: 2000,
            received: 2000,
            lost: 0,
            duplicates: 0,
            unasked: 0,
            quantiles,
            stages: BTreeMap::from([(Stage::IrqToHandler, quantiles)]),
        }
    }

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
        let row = &value["results"][0];
        assert_eq!(row["path"], "netlink");
        assert_eq!(row["measure"], "path_length");
        assert_eq!(row["unit"], "instructions");
        for (key, expected) in [
            ("source", json!("edu0")),
            ("events", json!(2000)),
            ("received", json!(2000)),
            ("lost", json!(0)),
            ("min", json!(7_451)),
            ("p50", json!(7_461)),
            ("p90", json!(7_471)),
            ("p99", json!(7_561)),
            ("p999", json!(8_461)),
            ("max", json!(9_461)),
        ] {
            assert_eq!(row[key], expected, "{key}");
        }
    }

    #[test]
    fn unknown_keys_are_ignored() {
        let report = Report::new(environment(), Vec::new(), false);
        let mut value = serde_json::to_value(&report).unwrap();
        value["later"] = Value::Bool(true);
        assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
    }

    #[test]
    fn quantiles_of_a_histogram() {
        let mut histogram = Histogram::<u32>::new_with_bounds(1, 1_000_000, 4).unwrap();
        for value in 1..=1000 {
            histogram.record(value).unwrap();
        }
        let expected = Quantiles {
            min: 1,
            p50: 500,
            p90: 900,
            p99: 990,
            p999: 999,
            max: 1000,
        };
        assert_eq!(Quantiles::of(&histogram), expected);
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
}
