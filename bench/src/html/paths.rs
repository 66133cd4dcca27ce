//! The paths of a report: each has one colour throughout.

use maud::{Markup, html};

use super::drawing::series;
use crate::report::Report;

/// The paths of a report, in the order of the first figures that each has.
pub struct Paths(Vec<String>);

impl Paths {
    /// Collects them.
    pub fn of(report: &Report) -> Self {
        let mut rows: Vec<_> = report.results.iter().collect();
        rows.sort_by_key(|row| (row.measure, row.load, row.quantiles.p50));
        let rows = rows.into_iter().map(|row| &row.path);
        let bursts = report.bursts.iter().map(|burst| &burst.path);
        let mut paths: Vec<String> = Vec::new();
        for path in rows.chain(bursts) {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
        Paths(paths)
    }

    /// Class of a path's series.
    pub fn class(&self, path: &str) -> String {
        let number = self.0.iter().position(|one| one == path);
        series(number.unwrap_or(0))
    }

    /// What the colours mean, with something to say of each.
    pub fn legend<'a>(&self, entries: impl IntoIterator<Item = (&'a str, String)>) -> Markup {
        html! {
            ul.legend {
                @for (path, words) in entries {
                    li {
                        svg.swatch viewBox="0 0 22 8" aria-hidden="true" {
                            path.line.(self.class(path)) d="M1 4L21 4" {}
                        }
                        span { (path) }
                        @if !words.is_empty() { " " span.quiet { (words) } }
                    }
                }
            }
        }
    }
}
