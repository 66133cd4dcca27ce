//! The verdict: what the report comes to, in a few words.

use crate::figure::{Scale, grouped, relative, short};
use crate::measure::Measure;
use crate::report::Report;

use super::group::Group;

/// The verdict.
pub fn verdict(report: &Report) -> String {
    let groups = Group::all(report);
    let Some(group) = headline(report, &groups) else {
        return streams(report).unwrap_or("Nothing was measured.".into());
    };
    let best = &group.series[0].row;
    let what = match group.subject.measure {
        Measure::Time => "fastest",
        Measure::PathLength => "shortest",
    };
    let unit = group.scale.unit;
    let mut text = match group.series.len() {
        1 => format!(
            "{} takes {} {unit} from the interrupt to the program, at the median",
            best.path,
            group.scale.show(best.quantiles.p50)
        ),
        _ => format!(
            "{} is the {what} of {} paths: {} {unit} from the interrupt to the program, at the median",
            best.path,
            group.series.len(),
            group.scale.show(best.quantiles.p50)
        ),
    };
    text += &others(group);
    text += ". ";
    text += &losses(report);
    text
}

/// Of a report without paths: what an event costs in the longest bursts, or the fastest rate.
fn streams(report: &Report) -> Option<String> {
    let length = report.bursts.iter().map(|burst| burst.length).max();
    let longest = report
        .bursts
        .iter()
        .filter(|burst| Some(burst.length) == length);
    if let Some(best) = longest.min_by(|a, b| a.delivery().total_cmp(&b.delivery())) {
        let scale = Scale::of(best.measure, best.delivery() as u64);
        return Some(format!(
            "{} costs the least in bursts of {}: {} {} an event, of all CPUs.",
            best.path,
            grouped(best.length.into()),
            scale.show(best.delivery().round() as u64),
            scale.unit
        ));
    }
    let rates = report.throughput.iter();
    let sustained = rates.filter_map(|one| Some((one, one.sustained()?.raised)));
    let (best, rate) = sustained.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "{} sustains the most: {} {}, consumers: {}.",
        best.path,
        short(rate),
        best.measure.rate(),
        best.consumers
    ))
}

/// What decides: times if they are of hardware, of the idle machine.
fn headline<'a>(report: &Report, groups: &'a [Group]) -> Option<&'a Group> {
    let wanted = match report.environment.emulated {
        true => Measure::PathLength,
        false => Measure::Time,
    };
    let rank = |group: &&Group| {
        (
            group.subject.is_handler,
            group.subject.measure != wanted,
            !group.subject.load.is_idle(),
            group.subject.stage,
        )
    };
    groups.iter().min_by_key(rank)
}

/// How many times as long the next and the last one take.
fn others(group: &Group) -> String {
    let best = group.series[0].row.quantiles.p50;
    let rest = &group.series[1..];
    let shown = match rest {
        [] => return String::new(),
        [one] => vec![one],
        [one, .., last] => vec![one, last],
    };
    let words = shown.iter().map(|one| {
        let row = &one.row;
        format!("{} takes {}", row.path, relative(row.quantiles.p50, best))
    });
    format!("; {} that", words.collect::<Vec<_>>().join(", "))
}

fn losses(report: &Report) -> String {
    let events: u64 = report.results.iter().map(|row| row.events).sum();
    let lost: u64 = report.results.iter().map(|row| row.lost).sum();
    match lost {
        0 => format!("None of {} events was lost.", grouped(events)),
        lost => format!("{} of {} events were lost.", grouped(lost), grouped(events)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::report::tests::row;

    #[test]
    fn the_verdict_of_an_emulated_cpu_is_of_path_lengths() {
        let mut rows = vec![
            row("netlink", Measure::PathLength, 7_461),
            row("read", Measure::PathLength, 4_800),
            row("netlink", Measure::Time, 1_000),
        ];
        let report = Report::new(environment(), rows.clone(), false);
        assert_eq!(
            verdict(&report),
            "read is the shortest of 2 paths: 4,800 instructions from the interrupt to the program, at \
             the median; netlink takes 1.55x that. None of 6,000 events was lost."
        );
        rows[1].lost = 3;
        let report = Report::new(environment(), rows, false);
        assert!(verdict(&report).ends_with("3 of 6,000 events were lost."));
    }

    #[test]
    fn an_empty_report_has_one_too() {
        let report = Report::new(environment(), Vec::new(), true);
        assert_eq!(verdict(&report), "Nothing was measured.");
    }
}
