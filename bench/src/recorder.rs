//! What the receiver notes of each event. Allocates nothing once it is made.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use irqlink::Event;
use irqlink::abi::Record;
use serde::{Deserialize, Serialize};

use crate::measure::Measure;
use crate::report::Quantiles;

/// A part of the way from the trigger to the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// From the trigger to the stamp in hard IRQ: the device and the way to the CPU.
    TriggerToIrq,
    /// From the stamp in hard IRQ to the handler's clock reading: the path. A row's figures.
    IrqToHandler,
    /// Both.
    TriggerToHandler,
}

impl Stage {
    const ALL: [Stage; 3] = [
        Stage::TriggerToIrq,
        Stage::IrqToHandler,
        Stage::TriggerToHandler,
    ];

    /// How long it took, `None` if the source does not stamp its beginning.
    fn length(self, record: &Record, now: u64) -> Option<u64> {
        let trigger = (record.trigger_ns != 0).then_some(record.trigger_ns);
        match self {
            Stage::TriggerToIrq => Some(record.time_ns.saturating_sub(trigger?)),
            Stage::IrqToHandler => Some(now.saturating_sub(record.time_ns)),
            Stage::TriggerToHandler => Some(now.saturating_sub(trigger?)),
        }
    }
}

/// Counts and histograms of one row.
#[derive(Clone, Debug)]
pub struct Recorder {
    limit: u64,
    histograms: [Histogram<u32>; Stage::ALL.len()],
    newest: u64,
    received: u64,
    duplicates: u64,
}

impl Recorder {
    /// For events that take `limit` at most; a later one does not count as received.
    pub fn new(measure: Measure, limit: Duration) -> Self {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let limit = limit.clamp(2, u64::MAX / 2);
        // Twice the limit: the time before the stamp has room, too.
        let histogram = Histogram::new_with_bounds(1, 2 * limit, measure.digits())
            .expect("bounds are in order and digits at most 5");
        Recorder {
            limit,
            histograms: std::array::from_fn(|_| histogram.clone()),
            newest: 0,
            received: 0,
            duplicates: 0,
        }
    }

    /// Notes an event that the handler had at `now`. Events before sequence number `from` are
    /// warm-up.
    #[inline]
    pub fn note(&mut self, now: u64, event: Event<'_>, from: u64) {
        match event {
            Event::Interrupt(record) if record.seq > self.newest => {
                self.newest = record.seq;
                if record.seq >= from {
                    self.count(record, now);
                }
            }
            Event::Interrupt(_) => self.duplicates += 1,
            Event::Lost { last, .. } => self.newest = self.newest.max(last),
            Event::Gone { .. } => {}
        }
    }

    fn count(&mut self, record: &Record, now: u64) {
        if now.saturating_sub(record.time_ns) > self.limit {
            return;
        }
        self.received += 1;
        for (stage, histogram) in Stage::ALL.iter().zip(&mut self.histograms) {
            if let Some(length) = stage.length(record, now) {
                histogram.saturating_record(length);
            }
        }
    }

    /// Sequence number of the newest event, 0 before the first.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Events received in time, each counted once.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Events whose sequence number was not above that of the one before.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The figures of each stage that was seen.
    pub fn stages(&self) -> BTreeMap<Stage, Quantiles> {
        let stages = Stage::ALL.into_iter().zip(&self.histograms);
        stages
            .filter(|(_, histogram)| !histogram.is_empty())
            .map(|(stage, histogram)| (stage, Quantiles::of(histogram)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder() -> Recorder {
        Recorder::new(Measure::PathLength, Duration::from_secs(1))
    }

    fn record(seq: u64, time_ns: u64) -> Record {
        Record {
            seq,
            time_ns,
            trigger_ns: time_ns - 100,
            ..Record::default()
        }
    }

    #[test]
    fn stages_are_measured_from_their_beginning() {
        let mut recorder = recorder();
        recorder.note(7_461, Event::Interrupt(&record(1, 1_000)), 1);
        let stages = recorder.stages();
        assert_eq!(stages[&Stage::IrqToHandler].p50, 6_461);
        assert_eq!(stages[&Stage::TriggerToIrq].p50, 100);
        assert_eq!(stages[&Stage::TriggerToHandler].p50, 6_561);
    }

    #[test]
    fn a_source_without_trigger_time_has_one_stage() {
        let mut recorder = recorder();
        let record = Record {
            seq: 1,
            time_ns: 5,
            ..Record::default()
        };
        recorder.note(9, Event::Interrupt(&record), 1);
        assert_eq!(
            recorder.stages().keys().collect::<Vec<_>>(),
            [&Stage::IrqToHandler]
        );
    }

    #[test]
    fn warm_up_is_not_counted() {
        let mut recorder = recorder();
        for seq in 1..=5 {
            recorder.note(2_000, Event::Interrupt(&record(seq, 1_000)), 4);
        }
        assert_eq!((recorder.received(), recorder.newest()), (2, 5));
    }

    #[test]
    fn duplicates_and_losses_are_not_received() {
        let mut recorder = recorder();
        recorder.note(2_000, Event::Interrupt(&record(1, 1_000)), 1);
        recorder.note(2_000, Event::Interrupt(&record(1, 1_000)), 1);
        let lost = Event::Lost {
            source: 1,
            first: 2,
            last: 4,
        };
        recorder.note(2_000, lost, 1);
        recorder.note(2_000, Event::Interrupt(&record(5, 1_000)), 1);
        assert_eq!((recorder.received(), recorder.duplicates()), (2, 1));
        assert_eq!(recorder.newest(), 5);
    }

    #[test]
    fn what_comes_too_late_does_not_count() {
        let mut recorder = recorder();
        recorder.note(2_000_000_000, Event::Interrupt(&record(1, 1_000)), 1);
        assert_eq!(recorder.received(), 0);
        assert!(recorder.stages().is_empty());
    }
}
