//! The percentile spectrum: how long the slowest part of events takes, a part that is halved again and
//! again.

use maud::{Markup, html};

use super::axis::Log;
use super::drawing::{WIDTH, columns, drawing, log_ticks, n, rows, through};
use super::group::{Group, Series};
use super::labels::{self, labels};
use super::paths::Paths;
use crate::report::{Percentile, Row};

const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - labels::WIDTH;
const TOP: f64 = 10.0;
/// Points of each curve.
const POINTS: usize = 160;
/// Percentiles to label.
const TICKS: [(f64, &str); 6] = [
    (0.0, "0"),
    (0.9, "90"),
    (0.99, "99"),
    (0.999, "99.9"),
    (0.9999, "99.99"),
    (0.99999, "99.999"),
];

/// The drawing.
pub fn spectrum(group: &Group, paths: &Paths) -> Markup {
    let (min, max) = group.range();
    let most = group.rows().map(|row| row.received).max().unwrap_or(1);
    let depth = (most.max(100) as f64).log10();
    let height = labels::height(HEIGHT, group.series.len());
    let bottom = height - 34.0;
    let x = |quantile: f64| LEFT + depth_of(quantile).min(depth) / depth * (RIGHT - LEFT);
    let y = Log::new(min, max, bottom, TOP);
    let ends = |one: &Series| points(one).last().map_or(bottom, |(_, value)| y.at(*value));
    let ends: Vec<_> = group
        .series
        .iter()
        .map(|one| (one.row.path.as_str(), group.name(&one.row), ends(one)))
        .collect();
    let across: Vec<_> = TICKS
        .iter()
        .filter(|(quantile, _)| depth_of(*quantile) <= depth + 0.05)
        .map(|(quantile, label)| (x(*quantile), (*label).to_owned()))
        .collect();
    html! {
        figure {
            figcaption {
                h4 { "Percentile spectrum" }
                p { (group.scale.unit) " at most, for so many percent of events; both axes logarithmic. Pale: too few events to tell." }
            }
            (drawing(height, &format!("Percentiles of {}", group.title), html! {
                (rows(&log_ticks(&y, |value| group.scale.tick(value)), LEFT, RIGHT))
                (columns(&across, TOP, bottom))
                text.middle x=(n((LEFT + RIGHT) / 2.0)) y=(n(height - 3.0)) { "percentile" }
                @for series in &group.series {
                    (curve(series, paths, x, &y))
                }
                (labels(&ends, paths, RIGHT, TOP, bottom - 12.0))
            }))
        }
    }
}

/// How often the part above the quantile was divided by ten.
fn depth_of(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

/// What a sample bounds, and the pale rest.
fn curve(series: &Series, paths: &Paths, x: impl Fn(f64) -> f64, y: &Log) -> Markup {
    let points = points(series);
    let place = |(quantile, value): &(f64, f64)| (x(*quantile), y.at(*value));
    let bounded = points.partition_point(|(quantile, _)| is_bounded(*quantile, &series.row));
    let solid: Vec<_> = points[..bounded].iter().map(place).collect();
    let pale: Vec<_> = points[bounded.saturating_sub(1)..]
        .iter()
        .map(place)
        .collect();
    let class = paths.class(&series.row.path);
    html! {
        path.line.pale.(class) d=(through(&pale)) {}
        path.line.(class) d=(through(&solid)) {}
    }
}

/// As for the percentiles of the table.
fn is_bounded(quantile: f64, row: &Row) -> bool {
    quantile.powf(row.received as f64) <= 0.05
}

/// Quantiles and their figures, ascending.
fn points(series: &Series) -> Vec<(f64, f64)> {
    let row = &series.row;
    let Some(histogram) = &series.histogram else {
        let known = Percentile::ALL.iter();
        return known
            .filter_map(|one| Some((one.quantile(), row.quantiles.at(*one)? as f64)))
            .collect();
    };
    let depth = (row.received.max(2) as f64).log10();
    let quantile = |point| 1.0 - 10f64.powf(-depth * point as f64 / POINTS as f64);
    (0..=POINTS)
        .map(quantile)
        .map(|quantile| (quantile, histogram.value_at_quantile(quantile) as f64))
        .collect()
}
