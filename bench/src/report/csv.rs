//! A report as CSV: a line a row, for spreadsheets and data frames. Columns are only ever added.

use serde::Serialize;

use super::{HANDLER, Report, Row};
use crate::load::Load;
use crate::measure::{Measure, Unit};

/// One line; what a kind of row does not have is empty.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    kind: &'static str,
    path: &'a str,
    source: &'a str,
    measure: Option<Measure>,
    unit: Option<Unit>,
    load: Load,
    consumers: Option<u32>,
    events: u64,
    received: u64,
    lost: u64,
    gaps: u64,
    duplicates: u64,
    min: Option<u64>,
    p50: Option<u64>,
    p90: Option<u64>,
    p99: Option<u64>,
    p999: Option<u64>,
    p9999: Option<u64>,
    max: Option<u64>,
    /// Percentiles that so few events do not bound.
    unsupported: String,
}

impl<'a> From<&'a Row> for Line<'a> {
    fn from(row: &'a Row) -> Self {
        let figures = &row.quantiles;
        let doubtful: Vec<_> = row.unsupported.iter().map(|one| one.name()).collect();
        Line {
            kind: match row.path == HANDLER {
                true => "handler",
                false => "path",
            },
            path: &row.path,
            source: &row.source,
            measure: Some(row.measure),
            unit: Some(row.unit),
            load: row.load,
            consumers: row.consumers,
            events: row.events,
            received: row.received,
            lost: row.lost,
            gaps: row.gaps,
            duplicates: row.duplicates,
            min: Some(figures.min),
            p50: Some(figures.p50),
            p90: Some(figures.p90),
            p99: Some(figures.p99),
            p999: Some(figures.p999),
            p9999: figures.p9999,
            max: Some(figures.max),
            unsupported: doubtful.join(" "),
        }
    }
}

/// The text, with a line of headings.
pub fn csv(report: &Report) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &report.results {
        writer
            .serialize(Line::from(row))
            .expect("a line is flat, and memory can be written");
    }
    writer.into_inner().expect("memory can be flushed")
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;
    use crate::environment::tests::environment;

    #[test]
    fn a_row_is_a_line_under_headings() {
        let rows = vec![row("a,\"b\"", Measure::PathLength, 7_461)];
        let report = Report::new(environment(), rows, false);
        let expected = "\
kind,path,source,measure,unit,load,consumers,events,received,lost,gaps,duplicates,min,p50,p90,p99,p999,p9999,max,unsupported
path,\"a,\"\"b\"\"\",edu0,path_length,instructions,idle,,2000,2000,0,0,0,7451,7461,7471,7561,8461,8961,9461,p99.9 p99.99
";
        assert_eq!(String::from_utf8(csv(&report)).unwrap(), expected);
    }
}
