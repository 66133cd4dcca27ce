//! Stage bars: where the time of each path goes.

use maud::{Markup, html};

use super::axis::Linear;
use super::drawing::{WIDTH, columns, drawing, linear_ticks, n};
use super::group::Group;
use crate::report::{Part, Point, Traced};

const LEFT: f64 = 16.0;
const RIGHT: f64 = WIDTH - 24.0;
const ROW: f64 = 40.0;
const BAR: f64 = 16.0;

/// The drawing; empty if nothing was traced.
pub fn stages(group: &Group) -> Markup {
    let mut traced: Vec<(String, &Traced)> = group
        .rows()
        .filter_map(|row| Some((group.name(row), row.traced.as_ref()?)))
        .filter(|(_, traced)| !traced.parts.is_empty())
        .collect();
    traced.sort_by_key(|(_, traced)| length(traced));
    let Some(longest) = traced.iter().map(|(_, traced)| length(traced)).max() else {
        return html! {};
    };
    let x = Linear::new(longest as f64, LEFT, RIGHT);
    let bottom = 8.0 + ROW * traced.len() as f64;
    let missing: Vec<_> = traced
        .iter()
        .filter_map(|(path, one)| Some((path, one.missing.as_ref()?)))
        .collect();
    html! {
        figure {
            figcaption {
                h4 { "Stages" }
                p { (group.scale.unit) ", median of each part, from a pass of its own with tracing, which makes each longer." }
            }
            (drawing(bottom + 22.0, "Stages of each path", html! {
                (columns(&linear_ticks(&x, |value| group.scale.tick(value)), 6.0, bottom))
                @for (number, (path, traced)) in traced.iter().enumerate() {
                    (bar(path, traced, group, &x, 8.0 + ROW * number as f64))
                }
            }))
            ul.legend { @for (class, words) in LEGEND {
                li { span.box.(class) {} (words) }
            } }
            @for (path, why) in missing { p.quiet { (path) ": " (why) } }
        }
    }
}

/// Colour of the part that ends there.
fn class(part: &Part) -> &'static str {
    match part.to {
        Point::Trigger | Point::Irq => "p0",
        Point::Queued => "p1",
        Point::Woken => "p2",
        Point::Received => "p3",
        Point::Handled => "p4",
    }
}

const LEGEND: [(&str, &str); 5] = [
    ("p0", "until the stamp in hard IRQ"),
    ("p1", "until queued"),
    ("p2", "until the receiver runs"),
    ("p3", "until its wait returns"),
    ("p4", "until handled"),
];

fn length(traced: &Traced) -> u64 {
    traced.parts.iter().map(|part| part.quantiles.p50).sum()
}

fn bar(path: &str, traced: &Traced, group: &Group, x: &Linear, top: f64) -> Markup {
    let mut sum = 0.0;
    let mut places = Vec::new();
    for part in &traced.parts {
        let from = x.at(sum);
        sum += part.quantiles.p50 as f64;
        places.push((part, from, x.at(sum) - from));
    }
    html! {
        text x=(n(LEFT)) y=(n(top + 11.0)) { (path) }
        text.end.quiet x=(n(RIGHT)) y=(n(top + 11.0)) { (group.scale.show(length(traced))) }
        @for (part, from, width) in places {
            rect.(class(part)) x=(n(from)) y=(n(top + 15.0)) width=(n(width.max(0.5))) height=(n(BAR)) {
                title {
                    (part.from.name()) " to " (part.to.name()) ": " (group.scale.show(part.quantiles.p50)) " " (group.scale.unit)
                }
            }
        }
    }
}
