//! Joins what the program noted of each event with what the kernel's tracepoints saw of the receiver.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::report::{Part, Point, Quantiles, Traced};
use crate::sample::Sample;
use crate::tracing::Mark;

/// The points that one event passed, and when.
type Way = Vec<(Point, u64)>;

/// The parts of a path. `marks` are in order. Of events that passed different points those are taken that
/// most did.
pub fn traced(samples: &[Sample], marks: &[(u64, Mark)]) -> Traced {
    let mut ways: BTreeMap<Vec<Point>, Vec<Way>> = BTreeMap::new();
    for sample in samples {
        let way = way(sample, marks);
        let points = way.iter().map(|(point, _)| *point).collect();
        ways.entry(points).or_default().push(way);
    }
    let most = ways.into_iter().max_by_key(|(_, ways)| ways.len());
    let (points, ways) = most.unwrap_or_default();
    let part = |(index, ends): (usize, &[Point])| Part {
        from: ends[0],
        to: ends[1],
        quantiles: lengths(&ways, index),
    };
    Traced {
        events: ways.len() as u64,
        parts: points.windows(2).enumerate().map(part).collect(),
        missing: None,
    }
}

/// The way of one event.
fn way(sample: &Sample, marks: &[(u64, Mark)]) -> Way {
    let stamps = [
        (Point::Trigger, sample.trigger_ns),
        (Point::Irq, sample.time_ns),
    ];
    let mut way: Way = stamps.into_iter().filter(|(_, time)| *time != 0).collect();
    let handled = sample.handled_ns();
    let after = way.last().map_or(handled, |(_, time)| *time);
    let begin = marks.partition_point(|(time, _)| *time < after);
    let end = marks.partition_point(|(time, _)| *time <= handled);
    let mut rest = &marks[begin..end.max(begin)];
    for (mark, point) in [
        (Mark::Waking, Point::Queued),
        (Mark::Running, Point::Woken),
        (Mark::Returning, Point::Received),
    ] {
        // One that did not have to be woken has not slept.
        let Some(place) = rest.iter().position(|(_, one)| *one == mark) else {
            break;
        };
        way.push((point, rest[place].0));
        rest = &rest[place + 1..];
    }
    way.push((Point::Handled, handled));
    way
}

/// How long the part was that begins with the point of that number.
fn lengths(ways: &[Way], from: usize) -> Quantiles {
    let mut histogram = Histogram::<u64>::new(3).expect("the digits are valid");
    for way in ways {
        let length = way[from + 1].1.saturating_sub(way[from].1);
        histogram.record(length).expect("it grows as needed");
    }
    Quantiles::of(&histogram)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seq: u64, time_ns: u64) -> Sample {
        Sample {
            seq,
            latency: 700,
            time_ns,
            trigger_ns: time_ns - 50,
            ..Sample::default()
        }
    }

    fn marks(irq: u64) -> [(u64, Mark); 4] {
        [
            // A system call of before.
            (irq - 20, Mark::Returning),
            (irq + 100, Mark::Waking),
            (irq + 300, Mark::Running),
            (irq + 400, Mark::Returning),
        ]
    }

    fn shown(traced: &Traced) -> Vec<(Point, Point, u64)> {
        let parts = traced.parts.iter();
        parts
            .map(|part| (part.from, part.to, part.quantiles.p50))
            .collect()
    }

    #[test]
    fn the_way_of_a_receiver_that_slept_has_all_points() {
        let samples = [sample(1, 10_000), sample(2, 20_000)];
        let marks = [marks(10_000), marks(20_000)].concat();
        let traced = traced(&samples, &marks);
        assert_eq!(traced.events, 2);
        use Point::*;
        assert_eq!(
            shown(&traced),
            [
                (Trigger, Irq, 50),
                (Irq, Queued, 100),
                (Queued, Woken, 200),
                (Woken, Received, 100),
                (Received, Handled, 300)
            ]
        );
    }

    #[test]
    fn one_that_did_not_sleep_has_none_of_the_kernels() {
        let traced = traced(&[sample(1, 10_000)], &marks(10_000)[..1]);
        use Point::*;
        assert_eq!(shown(&traced), [(Trigger, Irq, 50), (Irq, Handled, 700)]);
    }

    #[test]
    fn the_way_that_most_went_is_taken() {
        let samples = [sample(1, 10_000), sample(2, 20_000), sample(3, 30_000)];
        let marks = [marks(10_000), marks(30_000)].concat();
        assert_eq!(traced(&samples, &marks).events, 2);
        assert_eq!(traced(&[], &marks).parts, []);
    }
}
