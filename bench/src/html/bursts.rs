//! The burst curve: what an event costs against how many come at once.

use maud::{Markup, html};

use super::axis::Log;
use super::drawing::{WIDTH, columns, drawing, log_ticks, n, rows, through};
use super::group::capital;
use super::paths::Paths;
use crate::figure::{Scale, grouped};
use crate::report::Burst;

const HEIGHT: f64 = 290.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 34.0;

/// The drawings, one for each measure.
pub fn bursts(all: &[Burst], paths: &Paths) -> Markup {
    let mut rows: Vec<&Burst> = all.iter().collect();
    rows.sort_by(|a, b| (a.measure, &a.path, a.length).cmp(&(b.measure, &b.path, b.length)));
    html! {
        @for rows in rows.chunk_by(|a, b| a.measure == b.measure) { (curves(rows, paths)) }
    }
}

fn curves(bursts: &[&Burst], paths: &Paths) -> Markup {
    let costs = || bursts.iter().map(|burst| burst.delivery().max(1.0));
    let (min, max) = (
        costs().fold(f64::MAX, f64::min),
        costs().fold(1.0, f64::max),
    );
    let scale = Scale::of(bursts[0].measure, max as u64);
    let mut lengths: Vec<u32> = bursts.iter().map(|burst| burst.length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let last = f64::from(*lengths.last().unwrap_or(&1)).max(2.0);
    let x =
        |length: u32| LEFT + 6.0 + f64::from(length).log2() / last.log2() * (WIDTH - LEFT - 24.0);
    let y = Log::new(min, max, BOTTOM, TOP);
    let across: Vec<_> = lengths
        .iter()
        .map(|one| (x(*one), grouped((*one).into())))
        .collect();
    let by_path: Vec<_> = bursts.chunk_by(|a, b| a.path == b.path).collect();
    html! {
        figure {
            figcaption {
                h4 { (capital(bursts[0].measure.name())) " per event, in bursts" }
                p { (scale.unit) " of all CPUs, less what it is with nobody listening; both axes logarithmic." }
            }
            (drawing(HEIGHT, "Cost of an event against the length of its burst", html! {
                (rows(&log_ticks(&y, |value| scale.tick(value)), LEFT, WIDTH - 8.0))
                (columns(&across, TOP, BOTTOM))
                text.middle x=(n((LEFT + WIDTH) / 2.0)) y=(n(HEIGHT - 3.0)) { "events in a burst" }
                @for path in &by_path {
                    (curve(path, paths, x, &y))
                }
            }))
            (paths.legend(by_path.iter().map(|path| {
                let longest = path[path.len() - 1];
                let cost = scale.show(longest.delivery().round() as u64);
                (longest.path.as_str(), format!("{cost} in bursts of {}", grouped(longest.length.into())))
            })))
        }
    }
}

fn curve(bursts: &[&Burst], paths: &Paths, x: impl Fn(u32) -> f64, y: &Log) -> Markup {
    let point = |burst: &&Burst| (x(burst.length), y.at(burst.delivery().max(1.0)));
    let points: Vec<_> = bursts.iter().map(point).collect();
    let class = paths.class(&bursts[0].path);
    html! {
        path.line.(class) d=(through(&points)) {}
        @for (x, y) in &points {
            circle.(class) cx=(n(*x)) cy=(n(*y)) r="2.6" {}
        }
    }
}
