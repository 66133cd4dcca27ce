//! The figures that two reports have in common.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::streams;
use crate::measure::Measure;
use crate::report::{
    Basis, Percentile, Report, Row, Section as Rows, Subject, distribution, sections as all_rows,
};

/// Figures of one kind in one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// What they are.
    pub title: String,
    /// What is measured.
    pub measure: Measure,
    /// Unit of the figures.
    pub unit: &'static str,
    /// One for each path and the like; never none.
    pub pairs: Vec<Pair>,
}

/// What has been measured twice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Events that were lost, which flatters the figures.
    pub lost: [u64; 2],
    /// Its figures; the same in all pairs of a section.
    pub figures: Vec<Figure>,
}

/// One figure of both reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// In the first report.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// How much greater the second is, as a part of the first; `None` if that is 0.
    pub change: Option<f64>,
    /// In one of the reports so few events do not bound it.
    pub is_doubtful: bool,
    /// The samples do not tell them apart: their intervals of 95 % confidence overlap.
    pub is_same: bool,
    /// There are no samples that could tell them apart.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_untested: bool,
}

impl Figure {
    /// Without samples.
    pub fn new(name: &'static str, a: f64, b: f64) -> Self {
        Figure {
            name,
            a,
            b,
            change: (a > 0.0).then(|| b / a - 1.0),
            is_doubtful: false,
            is_same: false,
            is_untested: true,
        }
    }
}

/// All sections that have something.
pub fn sections(a: &Report, b: &Report) -> Vec<Section> {
    let bases = Bases(a.bases(), b.bases());
    let mut sections = rows(a, b, &bases);
    sections.extend(streams::bursts(a, b, &bases));
    sections.extend(streams::rates(a, b, &bases));
    sections
}

/// What the figures of both reports rest on.
pub struct Bases(pub Vec<Basis>, Vec<Basis>);

impl Bases {
    /// A figure of the first report and one of the second may be compared. What executed them may differ, if
    /// each report has one only.
    pub fn are_same(&self, a: Basis, b: Basis) -> bool {
        let is_only = || a.apart(&self.0).is_empty() && b.apart(&self.1).is_empty();
        a == b || a.measure == b.measure && is_only()
    }
}

/// What there is to compare in a report, in words.
pub fn contents(report: &Report) -> String {
    let rows = report.results.iter().map(|row| (&row.path, row.measure));
    let bursts = report.bursts.iter().map(|row| (&row.path, row.measure));
    let rates = report.throughput.iter().map(|row| (&row.path, row.measure));
    let words = |(path, measure): (&String, Measure)| format!("{path} in {}", measure.name());
    let mut words: Vec<_> = rows.chain(bursts).chain(rates).map(words).collect();
    words.sort();
    words.dedup();
    match words.is_empty() {
        true => "nothing".into(),
        false => words.join(", "),
    }
}

fn rows(a: &Report, b: &Report, bases: &Bases) -> Vec<Section> {
    let (a, b) = (all_rows(a), all_rows(b));
    let section = |a: &Rows| {
        let same = |b: &&Rows| {
            let basis = a.subject.basis;
            bases.are_same(basis, b.subject.basis) && a.subject == Subject { basis, ..b.subject }
        };
        row_section(a, b.iter().find(same)?)
    };
    a.iter().filter_map(section).collect()
}

fn row_section(a: &Rows, b: &Rows) -> Option<Section> {
    let has_sources = a.has_sources || b.has_sources;
    let pair = |one: &Row| {
        let same = |other: &&Row| {
            (&one.path, one.consumers) == (&other.path, other.consumers)
                && (one.source == other.source || !has_sources)
        };
        let other = b.rows.iter().find(same)?;
        Some(row_pair(one.name(has_sources), one, other))
    };
    let pairs: Vec<_> = a.rows.iter().filter_map(pair).collect();
    (!pairs.is_empty()).then(|| Section {
        title: a.title.clone(),
        measure: a.measure(),
        unit: a.measure().unit().name(),
        pairs,
    })
}

fn row_pair(name: String, a: &Row, b: &Row) -> Pair {
    let decode = |row: &Row| row.histogram.as_deref().and_then(distribution::decode);
    let histograms = decode(a).zip(decode(b));
    let figure = |percentile: Percentile| {
        let value = |row: &Row| Some(row.quantiles.at(percentile)? as f64);
        let doubtful = |row: &Row| row.unsupported.contains(&percentile);
        let spans = histograms
            .as_ref()
            .map(|(a, b)| (span(a, percentile), span(b, percentile)));
        Some(Figure {
            is_doubtful: doubtful(a) || doubtful(b),
            is_same: spans.is_some_and(|(a, b)| overlap(a, b)),
            is_untested: spans.is_none(),
            ..Figure::new(percentile.name(), value(a)?, value(b)?)
        })
    };
    let shown = [Percentile::P50, Percentile::P99, Percentile::P999];
    Pair {
        name,
        lost: [a.lost, b.lost],
        figures: shown.into_iter().filter_map(figure).collect(),
    }
}

/// Where the true percentile lies with 95 % confidence, from the order of the sample.
fn span(histogram: &Histogram<u64>, percentile: Percentile) -> (u64, u64) {
    let (q, n) = (percentile.quantile(), histogram.len() as f64);
    let around = 1.96 * (q * (1.0 - q) / n.max(1.0)).sqrt();
    let at = |quantile: f64| histogram.value_at_quantile(quantile.clamp(0.0, 1.0));
    (at(q - around), at(q + around))
}

fn overlap(a: (u64, u64), b: (u64, u64)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::report::tests::row;

    fn report(rows: Vec<Row>) -> Report {
        Report::new(environment(), rows, false)
    }

    #[test]
    fn what_only_one_has_is_left_out() {
        let a = report(vec![
            row("read", Measure::Time, 5_000),
            row("netlink", Measure::Time, 8_000),
        ]);
        let b = report(vec![
            row("netlink", Measure::Time, 8_800),
            row("netlink", Measure::PathLength, 7_000),
        ]);
        let sections = sections(&a, &b);
        assert_eq!(sections.len(), 1);
        assert_eq!(sections[0].pairs.len(), 1);
        let figures = &sections[0].pairs[0].figures;
        let p50 = &figures[0];
        assert_eq!((p50.name, p50.a, p50.b), ("p50", 8_000.0, 8_800.0));
        assert!((p50.change.unwrap() - 0.1).abs() < 1e-9 && !p50.is_same);
        assert!(p50.is_untested, "there are no histograms");
        let doubtful: Vec<_> = figures.iter().map(|one| one.is_doubtful).collect();
        assert_eq!(
            doubtful,
            [false, false, true],
            "2,000 events bound no p99.9"
        );
        assert_eq!(contents(&b), "netlink in path length, netlink in time");
    }

    #[test]
    fn rows_of_several_sources_and_accelerators_have_each_their_own() {
        let of = |source: &str, accel, p50| Row {
            source: source.into(),
            accel,
            ..row("read", Measure::Time, p50)
        };
        let (hardware, emulated) = (
            crate::environment::Accel::None,
            crate::environment::Accel::Tcg,
        );
        let a = report(vec![
            of("edu0", hardware, 5_000),
            of("edu1", hardware, 6_000),
        ]);
        let b = report(vec![
            of("edu1", hardware, 6_600),
            of("edu0", emulated, 90_000),
        ]);
        let compared = sections(&a, &b);
        assert_eq!((compared.len(), compared[0].pairs.len()), (1, 1));
        let pair = &compared[0].pairs[0];
        assert_eq!(pair.name, "read of edu1");
        assert_eq!((pair.figures[0].a, pair.figures[0].b), (6_000.0, 6_600.0));
        // Of another accelerator and source altogether: --force may compare them.
        let compared = sections(
            &report(vec![of("edu2", emulated, 90_000)]),
            &report(vec![of("edu0", hardware, 5_000)]),
        );
        assert_eq!(compared[0].pairs[0].name, "read");
    }

    fn with_figures(values: impl IntoIterator<Item = u64>) -> Row {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        values
            .into_iter()
            .for_each(|one| histogram.record(one).unwrap());
        Row {
            histogram: Some(distribution::encode(&histogram)),
            quantiles: crate::report::Quantiles::of(&histogram),
            ..row("read", Measure::Time, 5_000)
        }
    }

    #[test]
    fn samples_that_overlap_do_not_tell() {
        let first = || report(vec![with_figures(5_000..5_500)]);
        let is_same = |b: Report| {
            let figure = &sections(&first(), &b)[0].pairs[0].figures[0];
            assert!(!figure.is_untested);
            figure.is_same
        };
        assert!(is_same(report(vec![with_figures(5_010..5_510)])));
        assert!(!is_same(report(vec![with_figures(5_100..5_600)])));
    }
}
