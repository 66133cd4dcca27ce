//! Tables: the figures of a group, its slowest events, rates.

use maud::{Markup, html};

use super::group::Group;
use super::paths::Paths;
use crate::figure::{Scale, grouped, relative, short};
use crate::report::{Basis, Percentile, Row, Throughput};
use crate::sample::Sample;

/// How many of the slowest events are shown.
const WORST: usize = 10;

/// All figures of a group.
pub fn figures(group: &Group, paths: &Paths) -> Markup {
    let best = group.series[0].row.quantiles.p50;
    html! {
        div.scroll { table {
            thead { tr {
                th { (group.scale.unit) }
                @for heading in ["relative", "n", "lost", "gaps", "min"] { th { (heading) } }
                @for percentile in Percentile::ALL { th { (percentile.name()) } }
                th { "max" }
            } }
            tbody { @for row in group.rows() { tr {
                th { (paths.swatch(&row.path)) (group.name(row)) }
                td { (relative(row.quantiles.p50, best)) }
                td { (grouped(row.received)) }
                td.bad[row.lost > 0] { (grouped(row.lost)) }
                td.bad[row.gaps > 0] { (grouped(row.gaps)) }
                td { (group.scale.show(row.quantiles.min)) }
                @for percentile in Percentile::ALL { (cell(row, percentile, &group.scale)) }
                td { (group.scale.show(row.quantiles.max)) }
            } } }
        } }
        @if group.rows().any(|row| !row.unsupported.is_empty()) {
            p.quiet { "Grey: so few events do not bound this percentile." }
        }
    }
}

fn cell(row: &Row, percentile: Percentile, scale: &Scale) -> Markup {
    let value = row.quantiles.at(percentile);
    html! {
        td.doubtful[row.unsupported.contains(&percentile)] {
            (value.map_or("-".into(), |value| scale.show(value)))
        }
    }
}

/// The slowest events of a group.
pub fn worst(group: &Group, paths: &Paths) -> Markup {
    let mut all: Vec<(&Row, &Sample)> = group
        .rows()
        .flat_map(|row| row.worst.iter().map(move |sample| (row, sample)))
        .collect();
    all.sort_by_key(|(_, sample)| std::cmp::Reverse(sample.latency));
    all.truncate(WORST);
    if all.is_empty() {
        return html! {};
    }
    html! {
        h4 { "The ten slowest events" (of(group)) }
        div.scroll { table {
            thead { tr {
                th { "path" }
                th { (group.scale.unit) }
                @for heading in ["times p50", "event", "CPU", "handled at, s"] { th { (heading) } }
            } }
            tbody { @for (row, sample) in all { tr {
                th { (paths.swatch(&row.path)) (group.name(row)) }
                td { (group.scale.show(sample.latency)) }
                td { (relative(sample.latency, row.quantiles.p50)) }
                td { (grouped(sample.seq)) }
                td { (sample.cpu) }
                td { (format!("{:.6}", sample.handled_ns() as f64 / 1e9)) }
            } } }
        } }
    }
}

/// Whose events, if not those of all rows.
fn of(group: &Group) -> String {
    let has = |row: &&Row| !row.worst.is_empty();
    match group.rows().all(|row| has(&row)) {
        true => String::new(),
        false => {
            let names: Vec<_> = group
                .rows()
                .filter(has)
                .map(|row| group.name(row))
                .collect();
            format!(" of {}", names.join(", "))
        }
    }
}

/// Rates, one table for each measure.
pub fn throughput(all: &[Throughput], paths: &Paths) -> Markup {
    let mut rows: Vec<&Throughput> = all.iter().collect();
    rows.sort_by_key(|row| (row.basis().order(), row.key()));
    let bases: Vec<_> = rows.iter().map(|row| row.basis()).collect();
    html! {
        @for rows in rows.chunk_by(|a, b| a.basis() == b.basis()) { (rates(rows, &bases, paths)) }
    }
}

fn rates(rows: &[&Throughput], bases: &[Basis], paths: &Paths) -> Markup {
    let costs = rows.iter().filter_map(|row| row.cost);
    let scale = Scale::of_least(rows[0].measure, costs);
    html! {
        h3 { "Rates" (rows[0].basis().apart(bases)) }
        p { (rows[0].measure.rate()) ", each to all consumers. " b { "sustained" } ": the fastest that lost nothing; the cost is that of an event at it. Then the rate at which it broke." }
        div.scroll { table {
            thead { tr {
                th { "path" }
                @for heading in ["consumers", "batch", "sustained"] { th { (heading) } }
                th { "cost, " (scale.unit) }
                @for heading in ["raised", "received", "lost"] { th { (heading) } }
            } }
            tbody { @for row in rows { tr {
                th { (paths.swatch(&row.path)) (row.path) }
                td { (row.consumers) }
                td { (row.batch.map_or("-".into(), |batch| batch.to_string())) }
                td { (row.sustained().map_or("-".into(), |step| short(step.raised))) }
                td { (row.cost.map_or("-".into(), |cost| scale.show(cost.round() as u64))) }
                @if let Some(step) = row.fastest() {
                    td { (short(step.raised)) }
                    td { (short(step.received)) }
                    td.bad[step.lost > 0.0] { (format!("{:.1} %", 100.0 * step.lost)) }
                } @else { td { "-" } td { "-" } td { "-" } }
            } } }
        } }
    }
}
