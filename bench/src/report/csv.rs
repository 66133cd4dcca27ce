//! A report as CSV: a line a row, for spreadsheets and data frames. Columns are only ever added, at the end.

use serde::Serialize;

use super::{Burst, HANDLER, Report, Row, Step, Throughput};
use crate::load::Load;
use crate::measure::{Measure, Unit};
use crate::recorder::Stage;

/// One line; what a kind of row does not have is empty.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    kind: &'static str,
    path: &'a str,
    source: &'a str,
    measure: Option<Measure>,
    unit: Option<Unit>,
    load: Option<Load>,
    consumers: Option<u32>,
    events: Option<u64>,
    received: Option<u64>,
    lost: Option<u64>,
    gaps: Option<u64>,
    duplicates: Option<u64>,
    min: Option<u64>,
    p50: Option<u64>,
    p90: Option<u64>,
    p99: Option<u64>,
    p999: Option<u64>,
    p9999: Option<u64>,
    max: Option<u64>,
    /// Percentiles that so few events do not bound.
    unsupported: String,
    stage: Option<Stage>,
    batch: Option<u32>,
    /// Events in a burst.
    length: Option<u32>,
    cost: Option<f64>,
    cost_without: Option<f64>,
    offered_per_s: Option<f64>,
    raised_per_s: Option<f64>,
    received_per_s: Option<f64>,
    lost_part: Option<f64>,
    sustained: Option<bool>,
    /// Number of the run in a merged report.
    run: usize,
    kernel: &'a str,
    emulated: bool,
    /// The run ended early.
    partial: bool,
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
            load: Some(row.load),
            consumers: row.consumers,
            events: Some(row.events),
            received: Some(row.received),
            lost: Some(row.lost),
            gaps: Some(row.gaps),
            duplicates: Some(row.duplicates),
            min: Some(figures.min),
            p50: Some(figures.p50),
            p90: Some(figures.p90),
            p99: Some(figures.p99),
            p999: Some(figures.p999),
            p9999: figures.p9999,
            max: Some(figures.max),
            unsupported: doubtful.join(" "),
            stage: Some(row.stage),
            run: row.run,
            ..Line::default()
        }
    }
}

impl<'a> From<&'a Burst> for Line<'a> {
    fn from(burst: &'a Burst) -> Self {
        Line {
            kind: "burst",
            path: &burst.path,
            measure: Some(burst.measure),
            unit: Some(burst.unit),
            events: Some(burst.events),
            received: Some(burst.received),
            lost: Some(burst.lost),
            length: Some(burst.length),
            cost: Some(tenths(burst.cost)),
            cost_without: Some(tenths(burst.cost_without)),
            run: burst.run,
            ..Line::default()
        }
    }
}

/// A line for each rate that was tried; the cost stands at the one at which it was measured.
fn rates(throughput: &Throughput) -> impl Iterator<Item = Line<'_>> {
    let fastest = throughput.sustained();
    let line = move |step: &Step| Line {
        kind: "rate",
        path: &throughput.path,
        measure: Some(throughput.measure),
        unit: Some(throughput.unit),
        consumers: Some(throughput.consumers),
        batch: throughput.batch,
        cost: throughput
            .cost
            .filter(|_| fastest == Some(step))
            .map(tenths),
        offered_per_s: Some(tenths(step.offered)),
        raised_per_s: Some(tenths(step.raised)),
        received_per_s: Some(tenths(step.received)),
        lost_part: Some(step.lost),
        sustained: Some(step.is_sustained()),
        run: throughput.run,
        ..Line::default()
    };
    throughput.steps.iter().map(line)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The text, with a line of headings.
pub fn csv(report: &Report) -> Vec<u8> {
    let rows = report.results.iter().map(Line::from);
    let bursts = report.bursts.iter().map(Line::from);
    let rates = report.throughput.iter().flat_map(rates);
    let lines = rows.chain(bursts).chain(rates).map(|line| {
        let environment = report.runs.get(line.run).unwrap_or(&report.environment);
        Line {
            kernel: &environment.kernel,
            emulated: environment.emulated,
            partial: report.partial,
            ..line
        }
    });
    let mut text = headings();
    text.extend(written(lines, false));
    text
}

/// Also of a report without rows.
fn headings() -> Vec<u8> {
    let mut text = written([Line::default()], true);
    let end = text.iter().position(|byte| *byte == b'\n');
    text.truncate(end.map_or(0, |end| end + 1));
    text
}

fn written<'a>(lines: impl IntoIterator<Item = Line<'a>>, has_headings: bool) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(has_headings)
        .from_writer(Vec::new());
    for line in lines {
        writer
            .serialize(line)
            .expect("a line is flat, and memory can be written");
    }
    writer.into_inner().expect("memory can be flushed")
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;
    use crate::environment::Accel;
    use crate::environment::tests::environment;
    use crate::report::Quantiles;

    const HEADINGS: &str = "kind,path,source,measure,unit,load,consumers,events,received,lost,gaps,duplicates,\
        min,p50,p90,p99,p999,p9999,max,unsupported,stage,batch,length,cost,cost_without,\
        offered_per_s,raised_per_s,received_per_s,lost_part,sustained,run,kernel,emulated,partial";

    fn lines(report: &Report) -> Vec<String> {
        let text = String::from_utf8(csv(report)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_row_is_a_line_under_headings() {
        let rows = vec![row("a,\"b\"", Measure::PathLength, 7_461)];
        let report = Report::new(environment(), rows, true);
        let line = "path,\"a,\"\"b\"\"\",edu0,path_length,instructions,idle,,2000,2000,0,0,0,\
            7451,7461,7471,7561,8461,8961,9461,p99.9 p99.99,irq_to_handler,,,,,,,,,,\
            0,6.12.117+deb12-amd64,true,true";
        assert_eq!(lines(&report), [HEADINGS, line]);
    }

    #[test]
    fn a_report_without_rows_has_headings_too() {
        assert_eq!(
            lines(&Report::new(environment(), Vec::new(), true)),
            [HEADINGS]
        );
    }

    #[test]
    fn bursts_and_rates_have_lines() {
        let mut report = Report::new(environment(), Vec::new(), false);
        let measure = Measure::PathLength;
        report.bursts.push(Burst {
            path: "netlink".into(),
            measure,
            unit: measure.unit(),
            accel: Accel::Tcg,
            run: 0,
            length: 256,
            events: 1024,
            received: 1024,
            lost: 0,
            cost: 528.26,
            cost_without: 100.0,
            duration: Quantiles::default(),
        });
        let step = |rate, lost| Step {
            offered: rate,
            raised: rate,
            received: rate * (1.0 - lost),
            lost,
        };
        report.throughput.push(Throughput {
            path: "read".into(),
            measure,
            unit: measure.unit(),
            accel: Accel::Tcg,
            run: 0,
            consumers: 4,
            batch: Some(32),
            steps: vec![step(64_000.0, 0.0), step(128_000.0, 0.25)],
            cost: Some(900.0),
        });
        let expected = [
            HEADINGS,
            "burst,netlink,,path_length,instructions,,,1024,1024,0,,,,,,,,,,,,,256,528.3,100.0,,,,,,0,6.12.117+deb12-amd64,true,false",
            "rate,read,,path_length,instructions,,4,,,,,,,,,,,,,,,32,,900.0,,64000.0,64000.0,64000.0,0.0,true,0,6.12.117+deb12-amd64,true,false",
            "rate,read,,path_length,instructions,,4,,,,,,,,,,,,,,,32,,,,128000.0,128000.0,96000.0,0.25,false,0,6.12.117+deb12-amd64,true,false",
        ];
        assert_eq!(lines(&report), expected);
    }

    #[test]
    fn each_line_has_all_columns() {
        let rows = vec![row("read", Measure::Time, 5_000)];
        let report = Report::new(environment(), rows, false);
        let text = csv(&report);
        let mut reader = csv::Reader::from_reader(&text[..]);
        assert_eq!(reader.headers().unwrap().len(), HEADINGS.split(',').count());
        assert!(reader.records().all(|record| record.is_ok()));
    }
}
