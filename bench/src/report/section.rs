//! Rows that may be compared with each other.

use super::{HANDLER, Report, Row};
use crate::load::Load;
use crate::measure::Measure;
use crate::recorder::Stage;

/// What the figures of a row are of. Rows of different subjects are never compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// What is measured.
    pub measure: Measure,
    /// The interrupt handler, not a path.
    pub is_handler: bool,
    /// What else the machine did.
    pub load: Load,
    /// Where the figures begin.
    pub stage: Stage,
}

impl Subject {
    /// That of a row.
    pub fn of(row: &Row) -> Self {
        Subject {
            measure: row.measure,
            is_handler: row.path == HANDLER,
            load: row.load,
            stage: row.stage,
        }
    }

    /// In words.
    pub fn title(&self) -> String {
        if self.is_handler {
            return "interrupt handler".into();
        }
        let mut title = self.measure.name().to_owned();
        if !self.load.is_idle() {
            title += &format!(", load {}", self.load.name());
        }
        if self.stage == Stage::TriggerToHandler {
            title += " from the trigger";
        }
        title
    }
}

/// Rows of one subject, the fastest first; never none.
pub fn sections(report: &Report) -> Vec<(Subject, Vec<Row>)> {
    let mut rows = report.results.clone();
    rows.extend(from_trigger(report));
    rows.sort_by_key(|row| (Subject::of(row), row.quantiles.p50));
    rows.chunk_by(|a, b| Subject::of(a) == Subject::of(b))
        .map(|rows| (Subject::of(&rows[0]), rows.to_vec()))
        .collect()
}

/// Where some paths have no stamp in hard IRQ, the others as well from the trigger, to compare them.
fn from_trigger(report: &Report) -> Vec<Row> {
    let mut rows = report.results.iter();
    if !rows.any(|row| row.stage == Stage::TriggerToHandler) {
        return Vec::new();
    }
    let rows = report.results.iter();
    let stamped = rows.filter(|row| row.stage == Stage::IrqToHandler && row.path != HANDLER);
    stamped
        .filter_map(|row| {
            Some(Row {
                stage: Stage::TriggerToHandler,
                quantiles: *row.stages.get(&Stage::TriggerToHandler)?,
                traced: None,
                histogram: None,
                worst: Vec::new(),
                ..row.clone()
            })
        })
        .collect()
}
