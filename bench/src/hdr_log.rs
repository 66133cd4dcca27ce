//! An interval log of HdrHistogram, version 2: one interval a block, tagged with path and load. Its
//! family of tools plots it.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::measure::Measure;
use crate::recorder::{Recorder, Stage};
use crate::schedule::Block;

/// A block's figures, and when they were taken.
#[derive(Clone, Debug)]
pub struct Interval {
    tag: String,
    began: Duration,
    took: Duration,
    stage: Stage,
    histogram: Histogram<u32>,
}

impl Interval {
    /// The figures of a block, which `began` so long after the log did. Keeps no more memory than
    /// they need.
    pub fn new(block: &Block, began: Duration, took: Duration, recorder: &Recorder) -> Self {
        let figures = recorder.histogram();
        let mut histogram = Histogram::new(figures.sigfig()).expect("the digits are valid");
        histogram.add(figures).expect("it grows as needed");
        Interval {
            tag: format!("{}-{}", block.path.name(), block.load.name()),
            began,
            took,
            stage: recorder.stage(),
            histogram,
        }
    }
}

/// The log's text. Values are in the measure's unit.
pub fn text(
    start: SystemTime,
    measure: Measure,
    intervals: &[Interval],
    is_partial: bool,
) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let unit = format!("{} in {}", measure.name(), measure.unit().name());
    let mut builder = IntervalLogWriterBuilder::new();
    builder
        .add_comment(&format!("[irqlink-bench, {}]", stages(intervals)))
        .add_comment(&format!("[values: {unit}]"));
    if is_partial {
        builder.add_comment("[partial: the run ended early]");
    }
    let mut log = builder
        .with_start_time(start)
        .with_base_time(start)
        .begin_log_with(&mut text, &mut serializer)
        .expect("memory can be written");
    for one in intervals {
        let tag = Tag::new(&one.tag).expect("names have no commas and no spaces");
        log.write_histogram(&one.histogram, one.began, one.took, Some(tag))
            .expect("memory can be written");
    }
    text
}

/// What the values are of, in words.
fn stages(intervals: &[Interval]) -> String {
    let from_trigger = intervals.iter();
    let from_trigger = from_trigger.filter(|one| one.stage == Stage::TriggerToHandler);
    let tags: BTreeSet<_> = from_trigger.map(|one| one.tag.as_str()).collect();
    let usual = "from the stamp in hard IRQ to the handler";
    match tags.is_empty() {
        true => usual.into(),
        false => {
            let tags: Vec<_> = tags.into_iter().collect();
            format!("{usual}; {}: from the trigger", tags.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::load::Load;
    use crate::recorder::tests::noted;
    use crate::report::distribution;

    #[test]
    fn the_log_is_read_back() {
        let recorder = noted([1], 1);
        let [began, took] = [1500, 20].map(Duration::from_millis);
        let intervals = [Load::Idle, Load::Cpu].map(|load| {
            let block = Block {
                load,
                path: crate::path::named("read").unwrap(),
                events: 1,
            };
            Interval::new(&block, began, took, &recorder)
        });
        let text = text(SystemTime::now(), Measure::Time, &intervals, false);
        assert!(text.starts_with(b"#[irqlink-bench"));
        let entries = IntervalLogIterator::new(&text).map(|entry| entry.expect("is valid"));
        let read: Vec<_> = entries
            .filter_map(|entry| match entry {
                LogEntry::Interval(one) => Some(one),
                _ => None,
            })
            .collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].tag().unwrap().as_str(), "read-cpu");
        assert_eq!(read[1].start_timestamp(), Duration::from_millis(1500));
        let decoded = distribution::decode(read[1].encoded_histogram()).unwrap();
        assert_eq!((decoded.len(), decoded.max()), (1, 1_000));
    }
    #[test]
    fn it_is_said_what_begins_at_the_trigger_and_that_it_is_partial() {
        let interval = |tag: &str, stage| Interval {
            tag: tag.into(),
            began: Duration::ZERO,
            took: Duration::ZERO,
            stage,
            histogram: Histogram::new(3).unwrap(),
        };
        let intervals = [
            interval("uio-idle", Stage::TriggerToHandler),
            interval("read-idle", Stage::IrqToHandler),
            interval("timer-idle", Stage::TriggerToHandler),
        ];
        let text = text(SystemTime::now(), Measure::Time, &intervals, true);
        let text = String::from_utf8(text).unwrap();
        for words in [
            "to the handler; timer-idle uio-idle: from the trigger]",
            "#[partial: the run ended early]",
        ] {
            assert!(text.contains(words), "{text}");
        }
    }
}
