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
        let rates = report.throughput.iter().map(|rate| &rate.path);
        let mut paths: Vec<String> = Vec::new();
        for path in rows.chain(bursts).chain(rates) {
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

    /// A piece of a path's line, to stand before its name.
    pub fn swatch(&self, path: &str) -> Markup {
        html! {
            svg.swatch viewBox="0 0 22 8" aria-hidden="true" {
                path.line.(self.class(path)) d="M1 4L21 4" {}
            }
        }
    }
}
