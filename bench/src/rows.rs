//! Gathers blocks into the rows of a report.

use crate::environment::Accel;
use crate::load::Load;
use crate::measure::Measure;
use crate::path::Path;
use crate::plan::Measured;
use crate::recorder::Recorder;
use crate::report::{Percentile, Row, Traced, distribution};
use crate::schedule::Block;

/// Rows in the making.
#[derive(Debug)]
pub struct Rows {
    source: String,
    measure: Measure,
    accel: Accel,
    sums: Vec<Sum>,
}

/// The blocks of one path under one load.
#[derive(Debug)]
struct Sum {
    path: &'static dyn Path,
    load: Load,
    asked: u64,
    events: u64,
    recorder: Recorder,
    traced: Option<Traced>,
}

impl Rows {
    /// None yet.
    pub fn new(source: &str, measure: Measure, accel: Accel) -> Self {
        Rows {
            source: source.to_owned(),
            measure,
            accel,
            sums: Vec::new(),
        }
    }

    /// Adds a block.
    pub fn add(&mut self, block: &Block, measured: &Measured) {
        let same = |sum: &&mut Sum| sum.load == block.load && sum.path.name() == block.path.name();
        match self.sums.iter_mut().find(same) {
            Some(sum) => {
                sum.asked += measured.asked;
                sum.events += measured.events;
                sum.recorder.add(&measured.recorder);
            }
            None => self.sums.push(Sum {
                path: block.path,
                load: block.load,
                asked: measured.asked,
                events: measured.events,
                recorder: measured.recorder.clone(),
                traced: None,
            }),
        }
    }

    /// Adds the way of a path's events, on an idle machine.
    pub fn set_traced(&mut self, path: &str, traced: &Traced) {
        let same = |sum: &&mut Sum| sum.load.is_idle() && sum.path.name() == path;
        if let Some(sum) = self.sums.iter_mut().find(same) {
            sum.traced = Some(traced.clone());
        }
    }

    /// Paths of which nothing has arrived, and how many interrupts were raised in vain.
    pub fn silent(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let sums = self.sums.iter();
        sums.filter(|sum| sum.recorder.received() == 0 && sum.events > 0)
            .map(|sum| (sum.path.name(), sum.events))
    }

    /// The rows, by load and path; without those of which nothing has arrived.
    pub fn finish(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.sums.iter().filter_map(|sum| self.row(sum)).collect();
        rows.sort_by(|a, b| (a.load, &a.path).cmp(&(b.load, &b.path)));
        rows
    }

    fn row(&self, sum: &Sum) -> Option<Row> {
        let recorder = &sum.recorder;
        let stages = recorder.stages();
        Some(Row {
            path: sum.path.name().into(),
            measure: self.measure,
            unit: self.measure.unit(),
            accel: self.accel,
            run: 0,
            source: self.source.clone(),
            load: sum.load,
            consumers: None,
            events: sum.events,
            received: recorder.received(),
            lost: sum.events.saturating_sub(recorder.received()),
            gaps: recorder.gaps(),
            duplicates: recorder.duplicates(),
            unasked: sum.events - sum.asked,
            stage: recorder.stage(),
            quantiles: *stages.get(&recorder.stage())?,
            unsupported: Percentile::unsupported(recorder.received()),
            stages,
            traced: sum.traced.clone(),
            histogram: Some(distribution::encode(recorder.histogram())),
            histogram_from_trigger: recorder.histogram_from_trigger().map(distribution::encode),
            worst: recorder.worst().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::recorder::tests::noted;

    /// Rows of blocks, each of so many events asked for, raised and received.
    fn rows(blocks: &[(Load, u64, u64, u64)]) -> Rows {
        let mut rows = Rows::new("edu0", Measure::PathLength, Accel::Tcg);
        for &(load, asked, raised, received) in blocks {
            let block = Block {
                load,
                path: crate::path::ALL[0],
                events: asked,
            };
            let measured = Measured {
                asked,
                events: asked.max(raised),
                recorder: noted(1..=received, 1),
                began: Instant::now(),
                took: Duration::ZERO,
                receiver: None,
            };
            rows.add(&block, &measured);
        }
        rows
    }

    fn counts(blocks: &[(Load, u64, u64, u64)]) -> Vec<(u64, u64, u64, u64)> {
        let rows = rows(blocks).finish();
        rows.iter()
            .map(|row| (row.events, row.received, row.lost, row.unasked))
            .collect()
    }

    #[test]
    fn what_did_not_arrive_is_lost() {
        assert_eq!(counts(&[(Load::Idle, 3, 3, 2)]), [(3, 2, 1, 0)]);
    }

    #[test]
    fn what_was_not_even_raised_is_lost() {
        assert_eq!(counts(&[(Load::Idle, 3, 2, 2)]), [(3, 2, 1, 0)]);
    }

    #[test]
    fn interrupts_of_others_are_told_apart() {
        assert_eq!(counts(&[(Load::Idle, 3, 5, 5)]), [(5, 5, 0, 2)]);
    }

    #[test]
    fn blocks_of_one_load_are_one_row() {
        let blocks = [
            (Load::Cpu, 3, 3, 3),
            (Load::Idle, 3, 3, 3),
            (Load::Cpu, 2, 2, 1),
        ];
        let rows = rows(&blocks).finish();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].load, rows[0].events), (Load::Idle, 3));
        assert_eq!(
            (rows[1].load, rows[1].events, rows[1].lost),
            (Load::Cpu, 5, 1)
        );
        assert_eq!(rows[1].unsupported.len(), 5);
        let histogram = rows[1].histogram.as_deref().and_then(distribution::decode);
        assert_eq!(histogram.unwrap().len(), 4);
    }

    #[test]
    fn without_events_there_is_no_row() {
        let rows = rows(&[(Load::Idle, 3, 3, 0)]);
        assert!(rows.finish().is_empty());
        assert_eq!(rows.silent().collect::<Vec<_>>(), [("netlink", 3)]);
    }
}
