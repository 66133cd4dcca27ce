//! Stage bars: where the time of each path goes.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::axis::Linear;
use super::drawing::{WIDTH, columns, drawing, linear_ticks, n};
use super::group::Group;
use crate::report::{Part, Point, Traced};

const LEFT: f64 = 16.0;
const RIGHT: f64 = WIDTH - 24.0;
const ROW: f64 = 40.0;
const BAR: f64 = 16.0;

/// The drawing, and why rows are missing in it; empty if nothing was to be traced.
pub fn stages(group: &Group) -> Markup {
    let all = group
        .rows()
        .filter_map(|row| Some((group.name(row), row.traced.as_ref()?)));
    let (mut traced, untraced): (Vec<_>, Vec<_>) = all.partition(|(_, one)| !one.parts.is_empty());
    traced.sort_by_key(|(_, traced)| length(traced));
    html! {
        @if let Some((_, longest)) = traced.last() { (bars(group, &traced, length(longest))) }
        (missing(&untraced))
    }
}

/// Why rows have no stages, once for all that have the same reason.
fn missing(untraced: &[(String, &Traced)]) -> Markup {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, traced) in untraced {
        let why = traced.missing.as_deref().unwrap_or("no event was followed");
        reasons.entry(why).or_default().push(name);
    }
    html! {
        @for (why, names) in reasons {
            p.quiet { "No stages of " (names.join(", ")) ": " (why) }
        }
    }
}

fn bars(group: &Group, traced: &[(String, &Traced)], longest: u64) -> Markup {
    let x = Linear::new(longest as f64, LEFT, RIGHT);
    let bottom = 8.0 + ROW * traced.len() as f64;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::measure::Measure;
    use crate::report::tests::row;
    use crate::report::{Report, Row};

    #[test]
    fn it_is_said_why_there_are_none() {
        let untraced = |path| Row {
            traced: Some(Traced {
                missing: Some("no tracefs".into()),
                ..Traced::default()
            }),
            ..row(path, Measure::Time, 5_000)
        };
        let rows = vec![untraced("read"), untraced("netlink")];
        let groups = Group::all(&Report::new(environment(), rows, false));
        let page = stages(&groups[0]).into_string();
        assert!(
            page.contains("No stages of read, netlink: no tracefs"),
            "{page}"
        );
        assert!(!page.contains("<svg"), "{page}");
    }
}
