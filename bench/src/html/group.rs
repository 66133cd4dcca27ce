//! Rows that may be compared, as they are drawn.

use hdrhistogram::Histogram;

use crate::figure::Scale;
use crate::report::{Report, Row, Section, Subject, distribution, sections};

/// A row with its distribution.
pub struct Series {
    /// The row.
    pub row: Row,
    /// Its figures, which an older report lacks.
    pub histogram: Option<Histogram<u64>>,
}

/// Rows that may be compared, the fastest first; never none.
pub struct Group {
    /// What they are of.
    pub subject: Subject,
    /// The same in words.
    pub title: String,
    /// They are of several sources.
    has_sources: bool,
    /// The rows.
    pub series: Vec<Series>,
    /// How figures are shown.
    pub scale: Scale,
}

impl Group {
    /// All groups of a report.
    pub fn all(report: &Report) -> Vec<Self> {
        let group = |section: Section| Group {
            subject: section.subject,
            title: capital(&section.title),
            has_sources: section.has_sources,
            scale: Scale::of(section.measure(), section.rows[0].quantiles.p50),
            series: section.rows.into_iter().map(Series::new).collect(),
        };
        sections(report).into_iter().map(group).collect()
    }

    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.series.iter().map(|series| &series.row)
    }

    /// Name of one of its rows, which no other has.
    pub fn name(&self, row: &Row) -> String {
        row.name(self.has_sources)
    }

    /// The least and the greatest figure.
    pub fn range(&self) -> (f64, f64) {
        let min = self.rows().map(|row| row.quantiles.min).min();
        let max = self.rows().map(|row| row.quantiles.max).max();
        (min.unwrap_or(1) as f64, max.unwrap_or(1) as f64)
    }
}

impl Series {
    fn new(row: Row) -> Self {
        Series {
            histogram: row.histogram.as_deref().and_then(distribution::decode),
            row,
        }
    }
}

/// With a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
