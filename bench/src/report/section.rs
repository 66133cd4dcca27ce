//! Rows that may be compared with each other.

use super::{Basis, HANDLER, Report, Row};
use crate::load::Load;
use crate::measure::Measure;
use crate::recorder::Stage;

/// What the figures of a row are of. Rows of different subjects are never compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What they rest on.
    pub basis: Basis,
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
            basis: row.basis(),
            is_handler: row.path == HANDLER,
            load: row.load,
            stage: row.stage,
        }
    }

    /// Its place among others.
    fn order(&self) -> impl Ord + use<> {
        let (measure, accel) = self.basis.order();
        (measure, accel, self.is_handler, self.load, self.stage)
    }

    /// In words, beside figures that rest on `all`.
    fn title(&self, all: &[Basis]) -> String {
        let apart = self.basis.apart(all);
        if self.is_handler {
            return format!("interrupt handler{apart}");
        }
        let mut title = format!("{}{apart}", self.basis.measure.name());
        if !self.load.is_idle() {
            title += &format!(", load {}", self.load.name());
        }
        if self.stage == Stage::TriggerToHandler {
            title += " from the trigger";
        }
        title
    }
}

/// Rows of one subject.
#[derive(Clone, Debug)]
pub struct Section {
    /// What they are of.
    pub subject: Subject,
    /// The same in words.
    pub title: String,
    /// The rows, the fastest first; never none.
    pub rows: Vec<Row>,
    /// They are of several sources.
    pub has_sources: bool,
}

impl Section {
    /// Of rows of one subject, in a report whose figures rest on `all`.
    pub fn new(rows: Vec<Row>, all: &[Basis]) -> Self {
        let subject = Subject::of(&rows[0]);
        Section {
            subject,
            title: subject.title(all),
            has_sources: rows.iter().any(|row| row.source != rows[0].source),
            rows,
        }
    }

    /// What is measured.
    pub fn measure(&self) -> Measure {
        self.subject.basis.measure
    }

    /// Name of one of its rows, which no other has.
    pub fn name(&self, row: &Row) -> String {
        row.name(self.has_sources)
    }
}

/// All rows of a report.
pub fn sections(report: &Report) -> Vec<Section> {
    let all = report.bases();
    let mut rows = report.results.clone();
    rows.extend(from_trigger(report));
    rows.sort_by_key(|row| (Subject::of(row).order(), row.quantiles.p50));
    rows.chunk_by(|a, b| Subject::of(a) == Subject::of(b))
        .map(|rows| Section::new(rows.to_vec(), &all))
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
                histogram: row.histogram_from_trigger.clone(),
                histogram_from_trigger: None,
                worst: Vec::new(),
                ..row.clone()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;
    use crate::environment::Accel;
    use crate::environment::tests::environment;

    fn titles(rows: Vec<Row>) -> Vec<String> {
        let sections = sections(&Report::new(environment(), rows, false));
        sections.into_iter().map(|one| one.title).collect()
    }

    #[test]
    fn times_of_different_accelerators_stand_apart() {
        let emulated = row("netlink", Measure::Time, 90_000);
        let hardware = Row {
            accel: Accel::None,
            ..row("read", Measure::Time, 5_000)
        };
        let handler = Row {
            path: HANDLER.into(),
            ..emulated.clone()
        };
        let expected = [
            "path length",
            "time, executed by the processor",
            "time, executed by QEMU's emulator (TCG)",
            "interrupt handler, executed by QEMU's emulator (TCG)",
        ];
        let exact = row("read", Measure::PathLength, 4_800);
        assert_eq!(
            titles(vec![emulated, hardware.clone(), handler, exact.clone()]),
            expected
        );
        assert_eq!(titles(vec![hardware, exact]), ["path length", "time"]);
    }

    #[test]
    fn from_the_trigger_rows_have_their_histogram() {
        let mut read = row("read", Measure::Time, 5_000);
        read.stages.insert(
            Stage::TriggerToHandler,
            row("read", Measure::Time, 5_400).quantiles,
        );
        read.histogram_from_trigger = Some("all".into());
        let uio = Row {
            stage: Stage::TriggerToHandler,
            ..row("uio", Measure::Time, 9_000)
        };
        let sections = sections(&Report::new(environment(), vec![read, uio], false));
        let read = &sections[1].rows[0];
        assert_eq!((read.path.as_str(), read.quantiles.p50), ("read", 5_400));
        assert_eq!(read.histogram.as_deref(), Some("all"));
    }

    #[test]
    fn rows_of_several_sources_have_their_names() {
        let other = Row {
            source: "edu1".into(),
            ..row("read", Measure::Time, 6_000)
        };
        let rows = vec![row("read", Measure::Time, 5_000), other];
        let section = Section::new(rows, &[]);
        let names = section.rows.iter().map(|row| section.name(row));
        assert_eq!(names.collect::<Vec<_>>(), ["read of edu0", "read of edu1"]);
        let section = Section::new(section.rows[..1].to_vec(), &[]);
        assert_eq!(section.name(&section.rows[0]), "read");
    }
}
