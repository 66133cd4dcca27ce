//! How the figures of each path are distributed: one hill a path, all on one axis.

use hdrhistogram::Histogram;
use maud::{Markup, html};

use super::axis::Log;
use super::drawing::{WIDTH, columns, drawing, log_ticks, n, through};
use super::group::{Group, Series};
use super::paths::Paths;

/// Names stand left of it.
const LEFT: f64 = 122.0;
const RIGHT: f64 = WIDTH - 24.0;
/// Of one hill.
const ROW: f64 = 34.0;
/// Its greatest height.
const PEAK: f64 = 28.0;
const BINS: usize = 110;

/// The drawing; empty if no row has its distribution.
pub fn histogram(group: &Group, paths: &Paths) -> Markup {
    let drawn: Vec<_> = group
        .series
        .iter()
        .filter(|one| one.histogram.is_some())
        .collect();
    if drawn.is_empty() {
        return html! {};
    }
    // The few slowest would squeeze the rest into a corner.
    let (min, _) = group.range();
    let most = group.rows().map(|row| row.quantiles.p99).max().unwrap_or(1);
    let x = Log::new(min, most as f64, LEFT, RIGHT);
    let bottom = 8.0 + ROW * drawn.len() as f64;
    html! {
        figure {
            figcaption {
                h4 { "Histogram" }
                p { (group.scale.unit) ", logarithmic; each path to its own height, up to the greatest p99. The mark is the median." }
            }
            (drawing(bottom + 22.0, &format!("Histograms of {}", group.title), html! {
                (columns(&log_ticks(&x, |value| group.scale.tick(value)), 6.0, bottom))
                @for (number, series) in drawn.iter().enumerate() {
                    (hill(series, &group.name(&series.row), paths, &x, 8.0 + ROW * (number + 1) as f64))
                }
            }))
        }
    }
}

fn hill(series: &Series, name: &str, paths: &Paths, x: &Log, base: f64) -> Markup {
    let heights = series.histogram.as_ref().map(|one| heights(one, x));
    let mut points = vec![(LEFT, base)];
    for (place, height) in heights.unwrap_or_default() {
        points.push((place, base - PEAK * height));
    }
    points.push((RIGHT, base));
    let class = paths.class(&series.row.path);
    let middle = x.at(series.row.quantiles.p50 as f64);
    html! {
        path.area.(class) d=(through(&points)) {}
        line.median.(class) x1=(n(middle)) x2=(n(middle)) y1=(n(base - PEAK)) y2=(n(base)) {}
        text.end x=(n(LEFT - 8.0)) y=(n(base - 4.0)) { (name) }
    }
}

/// Places along the axis, and the part of the highest.
fn heights(histogram: &Histogram<u64>, x: &Log) -> Vec<(f64, f64)> {
    let ends = x.parts(BINS);
    let counts = counts(histogram, &ends);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let places = ends.windows(2).map(|ends| x.at((ends[0] * ends[1]).sqrt()));
    let parts = counts.iter().map(|count| *count as f64 / most as f64);
    places.zip(parts).collect()
}

/// How many figures lie in each bin: from its end on, before the next. The first has what lies before it, too,
/// and the last its other end; what lies beyond is in none.
fn counts(histogram: &Histogram<u64>, ends: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; ends.len() - 1];
    let last = counts.len() - 1;
    for step in histogram.iter_recorded() {
        let value = step.value_iterated_to() as f64;
        let begun = ends.partition_point(|end| *end <= value);
        if value <= ends[last + 1] {
            counts[begun.saturating_sub(1).min(last)] += step.count_at_value();
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_figure_lies_in_one_bin(values in prop::collection::vec(0u64..10_000_000, 1..200), digits in 3u8..5) {
            let mut histogram = Histogram::<u64>::new(digits).unwrap();
            values.iter().for_each(|value| histogram.record(*value).unwrap());
            let x = Log::new(histogram.min() as f64, histogram.max() as f64, LEFT, RIGHT);
            let counts = counts(&histogram, &x.parts(BINS));
            prop_assert_eq!(counts.len(), BINS);
            prop_assert_eq!(counts.iter().sum::<u64>(), values.len() as u64);
        }
    }

    #[test]
    fn a_bin_begins_with_its_end() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        for value in [0, 1, 9, 10, 11, 20, 21] {
            histogram.record(value).unwrap();
        }
        assert_eq!(counts(&histogram, &[1.0, 10.0, 20.0]), [3, 3]);
    }
}
