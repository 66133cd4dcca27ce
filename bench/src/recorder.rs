//! What the receiver notes of each event. Allocates nothing once it is made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use irqlink::Event;
use irqlink::abi::Record;
use serde::{Deserialize, Serialize};

use crate::alarm::Alarm;
use crate::measure::Measure;
use crate::report::Quantiles;
use crate::sample::{Latest, Sample, Worst};

/// A part of the way from the trigger to the handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// From the trigger to the stamp in hard IRQ: the device and the way to the CPU.
    TriggerToIrq,
    /// From the stamp in hard IRQ to the handler's clock reading: the path. A row's figures, if
    /// its path has that stamp.
    #[default]
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

    /// How long it took, `None` if its beginning or its end has no stamp: a peer of irqlink has
    /// none in hard IRQ.
    fn length(self, record: &Record, now: u64) -> Option<u64> {
        let stamp = |time: u64| (time != 0).then_some(time);
        let (trigger, irq) = (stamp(record.trigger_ns), stamp(record.time_ns));
        match self {
            Stage::TriggerToIrq => Some(irq?.saturating_sub(trigger?)),
            Stage::IrqToHandler => Some(now.saturating_sub(irq?)),
            Stage::TriggerToHandler => Some(now.saturating_sub(trigger?)),
        }
    }
}

/// What a recorder is made for.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// What is measured.
    pub measure: Measure,
    /// The longest that an event may take; a later one does not count as received.
    pub limit: Duration,
    /// Cost of the handler's clock reading, taken off what ends with it.
    pub clock_read: u64,
    /// How many of the latest events are kept.
    pub keep: usize,
}

/// Counts and histograms.
#[derive(Clone, Debug)]
pub struct Recorder {
    limit: u64,
    clock_read: u64,
    histograms: [Histogram<u32>; Stage::ALL.len()],
    worst: Worst,
    latest: Latest,
    alarm: Option<Arc<Alarm>>,
    newest: u64,
    received: u64,
    duplicates: u64,
    gaps: u64,
}

impl Recorder {
    /// Nothing yet. The alarm sees each event after the warm-up, also one that comes too late to count; once it
    /// has rung, no more count.
    pub fn new(scale: &Scale, alarm: Option<Arc<Alarm>>) -> Self {
        let limit = u64::try_from(scale.limit.as_nanos()).unwrap_or(u64::MAX / 2);
        let limit = limit.clamp(2, u64::MAX / 2);
        // Twice the limit: the time before the stamp has room, too.
        let histogram = Histogram::new_with_bounds(1, 2 * limit, scale.measure.digits())
            .expect("bounds are in order and digits at most 5");
        Recorder {
            limit,
            clock_read: scale.clock_read,
            histograms: std::array::from_fn(|_| histogram.clone()),
            worst: Worst::new(),
            latest: Latest::new(scale.keep),
            alarm,
            newest: 0,
            received: 0,
            duplicates: 0,
            gaps: 0,
        }
    }

    /// Notes an event that the handler had at `now`. Events before sequence number `from` are
    /// warm-up.
    #[inline]
    pub fn note(&mut self, now: u64, event: Event<'_>, from: u64) {
        match event {
            Event::Interrupt(record) if record.seq > self.newest => {
                if record.seq >= from {
                    self.gaps += u64::from(record.seq > from.max(self.newest + 1));
                    self.count(record, now.saturating_sub(self.clock_read));
                }
                self.newest = record.seq;
            }
            Event::Interrupt(_) => self.duplicates += 1,
            Event::Lost { last, .. } => {
                self.gaps += u64::from(last >= from.max(self.newest + 1));
                self.newest = self.newest.max(last);
            }
            Event::Gone { .. } => {}
        }
    }

    fn count(&mut self, record: &Record, now: u64) {
        if self.alarm.as_ref().is_some_and(|alarm| alarm.has_rung()) {
            return;
        }
        let latency = Stage::IrqToHandler
            .length(record, now)
            .or(Stage::TriggerToHandler.length(record, now));
        let Some(latency) = latency else {
            return;
        };
        let sample = Sample::new(record, latency);
        self.latest.push(sample);
        if let Some(alarm) = &self.alarm {
            alarm.check(&sample);
        }
        if latency > self.limit {
            return;
        }
        self.received += 1;
        for (stage, histogram) in Stage::ALL.iter().zip(&mut self.histograms) {
            if let Some(length) = stage.length(record, now) {
                histogram.saturating_record(length);
            }
        }
        self.worst.offer(sample);
    }

    /// Adds what another one noted of later events.
    pub fn add(&mut self, later: &Recorder) {
        for (sum, one) in self.histograms.iter_mut().zip(&later.histograms) {
            sum.add(one).expect("both have the same bounds");
        }
        for sample in later.worst.samples() {
            self.worst.offer(*sample);
        }
        self.newest = later.newest;
        self.received += later.received;
        self.duplicates += later.duplicates;
        self.gaps += later.gaps;
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

    /// Places where events were missing in the order.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// The slowest events.
    pub fn worst(&self) -> &[Sample] {
        self.worst.samples()
    }

    /// The latest events.
    pub fn latest(&self) -> Vec<Sample> {
        self.latest.to_vec()
    }

    /// What the figures of a row are of: from the stamp in hard IRQ, if the path has one.
    pub fn stage(&self) -> Stage {
        match self.of(Stage::IrqToHandler).is_empty() {
            true => Stage::TriggerToHandler,
            false => Stage::IrqToHandler,
        }
    }

    /// The figures of a row.
    pub fn histogram(&self) -> &Histogram<u32> {
        self.of(self.stage())
    }

    /// The figures from the trigger, if those of the row begin later.
    pub fn histogram_from_trigger(&self) -> Option<&Histogram<u32>> {
        let histogram = self.of(Stage::TriggerToHandler);
        (self.stage() == Stage::IrqToHandler && !histogram.is_empty()).then_some(histogram)
    }

    fn of(&self, stage: Stage) -> &Histogram<u32> {
        &self.histograms[stage as usize]
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
pub mod tests {
    use super::*;

    pub const SCALE: Scale = Scale {
        measure: Measure::PathLength,
        limit: Duration::from_secs(1),
        clock_read: 0,
        keep: 32,
    };

    fn recorder() -> Recorder {
        Recorder::new(&SCALE, None)
    }

    fn record(seq: u64, time_ns: u64) -> Record {
        Record {
            seq,
            time_ns,
            trigger_ns: time_ns - 100,
            ..Record::default()
        }
    }

    /// A recorder of these events, each of which took 1,000.
    pub fn noted(seqs: impl IntoIterator<Item = u64>, from: u64) -> Recorder {
        let mut recorder = recorder();
        for seq in seqs {
            recorder.note(2_000, Event::Interrupt(&record(seq, 1_000)), from);
        }
        recorder
    }

    #[test]
    fn stages_are_measured_from_their_beginning() {
        let mut recorder = recorder();
        recorder.note(7_461, Event::Interrupt(&record(1, 1_000)), 1);
        let stages = recorder.stages();
        assert_eq!(stages[&Stage::IrqToHandler].p50, 6_461);
        assert_eq!(stages[&Stage::TriggerToIrq].p50, 100);
        assert_eq!(stages[&Stage::TriggerToHandler].p50, 6_561);
        assert_eq!(recorder.histogram_from_trigger().unwrap().max(), 6_561);
    }

    #[test]
    fn the_clock_reading_is_taken_off_what_ends_with_it() {
        let mut recorder = Recorder::new(
            &Scale {
                clock_read: 61,
                ..SCALE
            },
            None,
        );
        recorder.note(7_461, Event::Interrupt(&record(1, 1_000)), 1);
        let stages = recorder.stages();
        assert_eq!(stages[&Stage::IrqToHandler].p50, 6_400);
        assert_eq!(stages[&Stage::TriggerToIrq].p50, 100);
        assert_eq!(stages[&Stage::TriggerToHandler].p50, 6_500);
        assert_eq!(recorder.worst()[0].latency, 6_400);
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
        let recorder = noted(1..=5, 4);
        assert_eq!((recorder.received(), recorder.newest()), (2, 5));
        assert_eq!(recorder.gaps(), 0);
    }

    #[test]
    fn duplicates_and_losses_are_not_received() {
        let mut recorder = noted([1, 1], 1);
        let lost = Event::Lost {
            source: 1,
            first: 2,
            last: 4,
        };
        recorder.note(2_000, lost, 1);
        recorder.note(2_000, Event::Interrupt(&record(5, 1_000)), 1);
        assert_eq!((recorder.received(), recorder.duplicates()), (2, 1));
        assert_eq!((recorder.newest(), recorder.gaps()), (5, 1));
    }

    #[test]
    fn each_gap_counts_once() {
        assert_eq!(noted([5, 6, 9, 10, 20], 5).gaps(), 2);
        assert_eq!(noted([7, 8], 5).gaps(), 1);
    }

    #[test]
    fn blocks_add_up() {
        let mut sum = noted([1, 2], 1);
        sum.add(&noted([3, 5], 3));
        assert_eq!((sum.received(), sum.newest(), sum.gaps()), (4, 5, 1));
        assert_eq!(sum.worst().len(), 4);
        assert_eq!(sum.histogram().len(), 4);
    }

    #[test]
    fn nothing_counts_after_the_alarm() {
        let alarm = Arc::new(Alarm::new(1_500, None));
        let mut recorder = Recorder::new(&SCALE, Some(alarm.clone()));
        for (seq, now) in [(1, 2_000), (2, 3_000), (3, 2_000)] {
            assert_eq!(alarm.has_rung(), seq > 2);
            recorder.note(now, Event::Interrupt(&record(seq, 1_000)), 1);
        }
        assert_eq!((recorder.received(), recorder.newest()), (2, 3));
        assert_eq!(recorder.latest().last().unwrap().seq, 2);
    }

    #[test]
    fn what_comes_too_late_to_count_rings_the_alarm() {
        let alarm = Arc::new(Alarm::new(1_500, None));
        let mut recorder = Recorder::new(&SCALE, Some(alarm.clone()));
        recorder.note(2_000_000_000, Event::Interrupt(&record(1, 1_000)), 1);
        assert!(alarm.has_rung());
        assert_eq!(recorder.received(), 0);
        assert_eq!(recorder.latest().last().unwrap().seq, 1);
    }

    #[test]
    fn what_comes_too_late_does_not_count() {
        let mut recorder = recorder();
        recorder.note(2_000_000_000, Event::Interrupt(&record(1, 1_000)), 1);
        assert_eq!(recorder.received(), 0);
        assert!(recorder.stages().is_empty());
    }
}
