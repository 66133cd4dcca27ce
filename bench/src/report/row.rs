//! A row: one path in one measure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Basis, Percentile, Quantiles, Traced};
use crate::environment::Accel;
use crate::load::Load;
use crate::measure::{Measure, Unit};
use crate::recorder::Stage;
use crate::sample::Sample;

/// One path in one measure under one load.
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
    /// What else the machine did.
    #[serde(default, skip_serializing_if = "Load::is_idle")]
    pub load: Load,
    /// Netlink agents registered meanwhile, where that is varied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u32>,
    /// Interrupts raised, without the warm-up; received + lost.
    pub events: u64,
    /// Events that came in time, each counted once.
    pub received: u64,
    /// Events that did not.
    pub lost: u64,
    /// Places in the order where events were missing.
    #[serde(default)]
    pub gaps: u64,
    /// Events that came again, or out of order.
    #[serde(default)]
    pub duplicates: u64,
    /// Interrupts among `events` that something else raised.
    #[serde(default)]
    pub unasked: u64,
    /// What the figures are of.
    #[serde(default)]
    pub stage: Stage,
    /// The figures.
    #[serde(flatten)]
    pub quantiles: Quantiles,
    /// Percentiles among the figures that so few events do not bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsupported: Vec<Percentile>,
    /// The figures of each stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<Stage, Quantiles>,
    /// Its way in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traced: Option<Traced>,
    /// All figures, as [`super::distribution`] writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<String>,
    /// All figures from the trigger, where those of the row begin later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram_from_trigger: Option<String>,
    /// The slowest events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worst: Vec<Sample>,
}

impl Row {
    /// What its figures rest on.
    pub fn basis(&self) -> Basis {
        Basis {
            measure: self.measure,
            accel: self.accel,
        }
    }

    /// What was measured, in words; with its source if rows beside it have others.
    pub fn name(&self, with_source: bool) -> String {
        let mut name = self.path.clone();
        if with_source {
            name += &format!(" of {}", self.source);
        }
        if let Some(consumers) = self.consumers {
            name += &format!(" (agents: {consumers})");
        }
        name
    }

    /// Every event arrived, once.
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.duplicates == 0
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    pub fn row(path: &str, measure: Measure, p50: u64) -> Row {
        let quantiles = Quantiles {
            min: p50 - 10,
            p50,
            p90: p50 + 10,
            p99: p50 + 100,
            p999: p50 + 1000,
            p9999: Some(p50 + 1500),
            max: p50 + 2000,
        };
        Row {
            path: path.into(),
            measure,
            unit: measure.unit(),
            accel: Accel::Tcg,
            run: 0,
            source: "edu0".into(),
            load: Load::Idle,
            consumers: None,
            events: 2000,
            received: 2000,
            lost: 0,
            gaps: 0,
            duplicates: 0,
            unasked: 0,
            stage: Stage::IrqToHandler,
            quantiles,
            unsupported: Percentile::unsupported(2000),
            stages: BTreeMap::from([(Stage::IrqToHandler, quantiles)]),
            traced: None,
            histogram: None,
            histogram_from_trigger: None,
            worst: vec![Sample::default()],
        }
    }

    #[test]
    fn the_keys_are_those_that_readers_rely_on() {
        let row = serde_json::to_value(row("netlink", Measure::PathLength, 7_461)).unwrap();
        for (key, expected) in [
            ("path", json!("netlink")),
            ("measure", json!("path_length")),
            ("unit", json!("instructions")),
            ("source", json!("edu0")),
            ("events", json!(2000)),
            ("received", json!(2000)),
            ("lost", json!(0)),
            ("min", json!(7_451)),
            ("p50", json!(7_461)),
            ("p90", json!(7_471)),
            ("p99", json!(7_561)),
            ("p999", json!(8_461)),
            ("p9999", json!(8_961)),
            ("max", json!(9_461)),
            ("unsupported", json!(["p999", "p9999"])),
        ] {
            assert_eq!(row[key], expected, "{key}");
        }
        assert!(row.get("load").is_none());
    }

    #[test]
    fn a_row_of_an_older_report_is_read() {
        let text = r#"{"path": "read", "measure": "time", "unit": "ns", "accel": "none",
            "source": "edu0", "events": 2, "received": 2, "lost": 0,
            "min": 1, "p50": 2, "p90": 3, "p99": 4, "p999": 5, "max": 6}"#;
        let row: Row = serde_json::from_str(text).unwrap();
        assert_eq!((row.load, row.quantiles.p9999), (Load::Idle, None));
    }
}
