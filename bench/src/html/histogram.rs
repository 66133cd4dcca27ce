//! How the figures of each path are distributed: one hill a path, all on one axis.

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
fn heights(histogram: &hdrhistogram::Histogram<u64>, x: &Log) -> Vec<(f64, f64)> {
    let ends = x.parts(BINS);
    let count = |from: f64, to: f64| match from.ceil() <= (to - 1.0).floor() {
        true => histogram.count_between(from.ceil() as u64, (to - 1.0).floor() as u64),
        false => histogram.count_at(from.round() as u64),
    };
    let counts: Vec<_> = ends
        .windows(2)
        .map(|ends| (x.at((ends[0] * ends[1]).sqrt()), count(ends[0], ends[1])))
        .collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let part = |count| count as f64 / most.max(1) as f64;
    counts
        .into_iter()
        .map(|(place, count)| (place, part(count)))
        .collect()
}
