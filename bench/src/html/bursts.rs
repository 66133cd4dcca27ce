//! The burst curve: what an event costs against how many come at once.

use maud::{Markup, html};

use super::axis::Log;
use super::drawing::{WIDTH, columns, drawing, log_ticks, n, rows, through};
use super::group::capital;
use super::labels::{self, labels};
use super::paths::Paths;
use crate::figure::{Scale, grouped};
use crate::report::{Basis, Burst};

const HEIGHT: f64 = 290.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = WIDTH - labels::WIDTH;

/// The drawings, one for each measure, and each thing that executed the instructions.
pub fn bursts(all: &[Burst], paths: &Paths) -> Markup {
    let mut rows: Vec<&Burst> = all.iter().collect();
    let key = |row: &'_ Burst| (row.basis().order(), row.path.clone(), row.length);
    rows.sort_by_key(|row| key(row));
    let bases: Vec<_> = rows.iter().map(|row| row.basis()).collect();
    html! {
        @for rows in rows.chunk_by(|a, b| a.basis() == b.basis()) { (curves(rows, &bases, paths)) }
    }
}

fn curves(bursts: &[&Burst], bases: &[Basis], paths: &Paths) -> Markup {
    let costs = || bursts.iter().map(|burst| burst.delivery().max(1.0));
    let (min, max) = (
        costs().fold(f64::MAX, f64::min),
        costs().fold(1.0, f64::max),
    );
    let scale = Scale::of_least(bursts[0].measure, costs());
    let mut lengths: Vec<u32> = bursts.iter().map(|burst| burst.length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let last = f64::from(*lengths.last().unwrap_or(&1)).max(2.0);
    let by_path: Vec<_> = bursts.chunk_by(|a, b| a.path == b.path).collect();
    let height = labels::height(HEIGHT, by_path.len());
    let bottom = height - 34.0;
    let x =
        |length: u32| LEFT + 6.0 + f64::from(length).log2() / last.log2() * (RIGHT - LEFT - 6.0);
    let y = Log::new(min, max, bottom, TOP);
    let end = |path: &&[&Burst]| y.at(path[path.len() - 1].delivery().max(1.0));
    let ends: Vec<_> = by_path
        .iter()
        .map(|path| (path[0].path.as_str(), path[0].path.clone(), end(path)))
        .collect();
    let across: Vec<_> = lengths.iter().map(|one| (x(*one), tick(*one))).collect();
    html! {
        div.figures { figure {
            figcaption {
                h4 { (capital(bursts[0].measure.name())) " per event, in bursts" (bursts[0].basis().apart(bases)) }
                p { (scale.unit) " of all CPUs, less what it is with nobody listening; both axes logarithmic." }
            }
            (drawing(height, "Cost of an event against the length of its burst", html! {
                (rows(&log_ticks(&y, |value| scale.tick(value)), LEFT, RIGHT))
                (columns(&across, TOP, bottom))
                text.middle x=(n((LEFT + RIGHT) / 2.0)) y=(n(height - 3.0)) { "events in a burst" }
                @for path in &by_path {
                    (curve(path, paths, x, &y))
                }
                (labels(&ends, paths, RIGHT, TOP, bottom - 12.0))
            }))
        } }
        (table(&by_path, &lengths, &scale, paths))
    }
}

/// A label of the axis; there is no room for more.
fn tick(length: u32) -> String {
    match length.is_power_of_two() && length.ilog2() % 2 == 1 && length > 2 {
        true => String::new(),
        false => length.to_string(),
    }
}

/// The same in figures.
fn table(by_path: &[&[&Burst]], lengths: &[u32], scale: &Scale, paths: &Paths) -> Markup {
    let cell = |path: &[&Burst], length: u32| {
        let burst = path.iter().find(|burst| burst.length == length);
        burst.map(|burst| (scale.show(burst.delivery().round() as u64), burst.lost))
    };
    html! {
        div.scroll { table {
            thead { tr {
                th { (scale.unit) }
                @for length in lengths { th { (grouped((*length).into())) } }
            } }
            tbody { @for path in by_path { tr {
                th { (paths.swatch(&path[0].path)) (path[0].path) }
                @for length in lengths {
                    @match cell(path, *length) {
                        Some((cost, lost)) => td.doubtful[lost > 0] { (cost) },
                        None => td { "-" },
                    }
                }
            } } }
        } }
        @let lost: u64 = by_path.iter().copied().flatten().map(|burst| burst.lost).sum();
        @if lost > 0 { p.quiet { "Grey: " (grouped(lost)) " events were lost, so these costs are too low." } }
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
