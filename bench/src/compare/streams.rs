//! Bursts and rates that two reports have in common. They have no samples: whether a change is one cannot be
//! tested.

use super::pairs::{Bases, Figure, Pair, Section};
use crate::measure::Measure;
use crate::report::{Basis, Burst, Report, Throughput};

/// Of bursts.
pub fn bursts(a: &Report, b: &Report, bases: &Bases) -> Vec<Section> {
    let pair = |a: &Burst| {
        let same = |b: &&Burst| {
            bases.are_same(a.basis(), b.basis()) && (&a.path, a.length) == (&b.path, b.length)
        };
        let b = b.bursts.iter().find(same)?;
        let pair = Pair {
            name: format!("{}, bursts of {}", a.path, a.length),
            lost: [a.lost, b.lost],
            figures: vec![Figure::new("cost", a.delivery(), b.delivery())],
        };
        Some((a.basis(), pair))
    };
    let pairs = a.bursts.iter().filter_map(pair);
    let unit = |measure: Measure| measure.unit().name();
    by_basis("cost per event", unit, pairs, &bases.0)
}

/// Of rates.
pub fn rates(a: &Report, b: &Report, bases: &Bases) -> Vec<Section> {
    let pair = |a: &Throughput| {
        let same = |b: &&Throughput| bases.are_same(a.basis(), b.basis()) && a.key() == b.key();
        let b = b.throughput.iter().find(same)?;
        let batch = match a.batch {
            Some(batch) => format!(", {batch} at a time"),
            None => String::new(),
        };
        let pair = Pair {
            name: format!("{}, consumers: {}{batch}", a.path, a.consumers),
            lost: [0; 2],
            figures: vec![Figure::new(
                "sustained",
                a.sustained()?.raised,
                b.sustained()?.raised,
            )],
        };
        Some((a.basis(), pair))
    };
    let pairs = a.throughput.iter().filter_map(pair);
    by_basis("sustained rate", Measure::rate, pairs, &bases.0)
}

fn by_basis(
    title: &str,
    unit: fn(Measure) -> &'static str,
    pairs: impl Iterator<Item = (Basis, Pair)>,
    all: &[Basis],
) -> Vec<Section> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by_key(|(basis, _)| basis.order());
    let section = |pairs: &[(Basis, Pair)]| Section {
        title: format!("{title}{}", pairs[0].0.apart(all)),
        measure: pairs[0].0.measure,
        unit: unit(pairs[0].0.measure),
        pairs: pairs.iter().map(|(_, pair)| pair.clone()).collect(),
    };
    pairs.chunk_by(|a, b| a.0 == b.0).map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::super::pairs::sections;
    use super::*;
    use crate::environment::tests::environment;
    use crate::report::tests::burst as burst_of;

    #[test]
    fn bursts_and_rates_are_compared_by_measure() {
        let burst = |measure: Measure, cost| Burst {
            measure,
            unit: measure.unit(),
            cost,
            cost_without: 100.0,
            ..burst_of("read", 0)
        };
        let report = || Report::new(environment(), Vec::new(), false);
        let mut a = report();
        a.bursts = vec![
            burst(Measure::Time, 100.0),
            burst(Measure::PathLength, 600.0),
        ];
        let mut b = report();
        b.bursts = vec![
            burst(Measure::Time, 300.0),
            burst(Measure::PathLength, 1_100.0),
        ];
        let sections = sections(&a, &b);
        assert_eq!(sections.len(), 2);
        let changes = sections.iter().map(|one| one.pairs[0].figures[0].change);
        assert_eq!(changes.collect::<Vec<_>>(), [Some(1.0), None]);
        let mut figures = sections.iter().map(|one| &one.pairs[0].figures[0]);
        assert!(figures.all(|figure| figure.is_untested && !figure.is_same));
    }
}
