//! An interval log of HdrHistogram, version 2: one interval a block, tagged with path and load. Its
//! family of tools plots it.

use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::measure::Measure;
use crate::schedule::Block;

/// A block's figures, and when they were taken.
#[derive(Clone, Debug)]
pub struct Interval {
    tag: String,
    began: Duration,
    took: Duration,
    histogram: Histogram<u32>,
}

impl Interval {
    /// The figures of a block, which `began` so long after the log did. Keeps no more memory than
    /// they need.
    pub fn new(block: &Block, began: Duration, took: Duration, figures: &Histogram<u32>) -> Self {
        let mut histogram = Histogram::new(figures.sigfig()).expect("the digits are valid");
        histogram.add(figures).expect("it grows as needed");
        Interval {
            tag: format!("{}-{}", block.path.name(), block.load.name()),
            began,
            took,
            histogram,
        }
    }
}

/// The log's text. Values are in the measure's unit.
pub fn text(start: SystemTime, measure: Measure, intervals: &[Interval]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let unit = format!("{} in {}", measure.name(), measure.unit().name());
    let mut builder = IntervalLogWriterBuilder::new();
    let mut log = builder
        .add_comment("[irqlink-bench, from the stamp in hard IRQ to the handler]")
        .add_comment(&format!("[values: {unit}]"))
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

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::load::Load;
    use crate::report::distribution;

    #[test]
    fn the_log_is_read_back() {
        let mut histogram = Histogram::new_with_bounds(1, 2_000_000_000, 4).unwrap();
        histogram.record(4_800).unwrap();
        let [began, took] = [1500, 20].map(Duration::from_millis);
        let intervals = [Load::Idle, Load::Cpu].map(|load| {
            let block = Block {
                load,
                path: crate::path::named("read").unwrap(),
                events: 1,
            };
            Interval::new(&block, began, took, &histogram)
        });
        let text = text(SystemTime::now(), Measure::Time, &intervals);
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
        assert_eq!((decoded.len(), decoded.max()), (1, 4_800));
    }
}
