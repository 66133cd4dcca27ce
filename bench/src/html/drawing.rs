//! What all drawings have: a frame, axes with labels, series with colours.

use maud::{Markup, html};

use super::axis::{Linear, Log};

/// Width of a drawing; a phone shows it at some four fifths.
pub const WIDTH: f64 = 440.0;

/// Colours that there are; the next series have them again, with a broken line.
const COLOURS: usize = 8;

/// Class of a series, by its place among all paths of the report.
pub fn series(number: usize) -> String {
    let dash = match number / COLOURS {
        0 => "",
        1 => " dash",
        2 => " dots",
        _ => " chain",
    };
    format!("s{}{dash}", number % COLOURS)
}

/// A drawing of that height, with words for those who do not see it.
pub fn drawing(height: f64, words: &str, content: Markup) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(words) { (content) }
    }
}

/// A line across, at each tick, with its label on the left.
pub fn rows(ticks: &[(f64, String)], from: f64, to: f64) -> Markup {
    html! {
        @for (y, label) in ticks {
            line.grid x1=(n(from)) x2=(n(to)) y1=(n(*y)) y2=(n(*y)) {}
            text.end x=(n(from - 5.0)) y=(n(y + 4.0)) { (label) }
        }
    }
}

/// A line down, at each tick, with its label below.
pub fn columns(ticks: &[(f64, String)], from: f64, to: f64) -> Markup {
    html! {
        @for (x, label) in ticks {
            line.grid x1=(n(*x)) x2=(n(*x)) y1=(n(from)) y2=(n(to)) {}
            text.middle x=(n(*x)) y=(n(to + 14.0)) { (label) }
        }
    }
}

/// Places and labels of an axis.
pub fn log_ticks(axis: &Log, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    let ticks = axis.ticks().into_iter();
    ticks.map(|tick| (axis.at(tick), label(tick))).collect()
}

/// Places and labels of an axis.
pub fn linear_ticks(axis: &Linear, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    let ticks = axis.ticks().into_iter();
    ticks.map(|tick| (axis.at(tick), label(tick))).collect()
}

/// A path through points.
pub fn through(points: &[(f64, f64)]) -> String {
    let step = |(index, (x, y)): (usize, &(f64, f64))| {
        let command = if index == 0 { 'M' } else { 'L' };
        format!("{command}{} {}", n(*x), n(*y))
    };
    points.iter().enumerate().map(step).collect()
}

/// A coordinate, to a tenth.
pub fn n(value: f64) -> String {
    format!("{value:.1}")
}
