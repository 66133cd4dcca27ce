//! The verdict: what the report comes to, in a few words.

use crate::figure::{Scale, grouped, relative, short};
use crate::measure::Measure;
use crate::recorder::Stage;
use crate::report::{Basis, Burst, Report, Row, Subject, Throughput};

use super::group::Group;

/// The verdict.
pub fn verdict(report: &Report) -> String {
    let groups = Group::all(report);
    let Some(group) = groups.iter().min_by_key(|group| weight(&group.subject)) else {
        let words = bursts(&report.bursts).or_else(|| rates(&report.throughput));
        return words.unwrap_or("Nothing was measured.".into());
    };
    format!("{}. {}", headline(group), losses(report))
}

/// What decides comes first: what tells the most, of the idle machine.
fn weight(subject: &Subject) -> impl Ord + use<> {
    let is_loaded = !subject.load.is_idle();
    let rank = subject.basis.rank();
    (subject.is_handler, rank, is_loaded, subject.stage)
}

/// The fastest of a group that lost nothing, or of all if each lost something.
fn headline(group: &Group) -> String {
    let mut rows: Vec<&Row> = group.rows().filter(|row| row.lost == 0).collect();
    if rows.is_empty() {
        rows = group.rows().collect();
    }
    let best = rows[0];
    let (name, way) = (group.name(best), way(&group.subject));
    let (value, unit) = (group.scale.show(best.quantiles.p50), group.scale.unit);
    let what = match group.subject.basis.measure {
        Measure::Time => "fastest",
        Measure::PathLength => "shortest",
    };
    let text = match rows.len() {
        1 => format!("{name} takes {value} {unit} {way}, at the median"),
        number => format!(
            "{name} is the {what} of {number} {}: {value} {unit} {way}, at the median",
            if group.subject.is_handler {
                "rows"
            } else {
                "paths"
            },
        ),
    };
    text + &others(group, &rows)
}

/// What the figures are of.
fn way(subject: &Subject) -> &'static str {
    match (subject.is_handler, subject.stage) {
        (true, _) => "from its stamp until the delivery is scheduled",
        (false, Stage::TriggerToHandler) => "from the trigger to the program",
        (false, _) => "from the interrupt to the program",
    }
}

/// How many times as long the next and the last one take.
fn others(group: &Group, rows: &[&Row]) -> String {
    let best = rows[0].quantiles.p50;
    let shown = match &rows[1..] {
        [] => return String::new(),
        [one] => vec![one],
        [one, .., last] => vec![one, last],
    };
    let words = shown.iter().map(|row| {
        let times = relative(row.quantiles.p50, best);
        format!("{} takes {times}", group.name(row))
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

/// Of what rests on that which tells the most.
fn decisive<T>(all: &[T], basis: fn(&T) -> Basis) -> impl Iterator<Item = &T> {
    let best = all.iter().map(basis).min_by_key(|one| one.rank());
    all.iter().filter(move |one| Some(basis(one)) == best)
}

/// What an event costs in the longest bursts that some path takes whole.
fn bursts(all: &[Burst]) -> Option<String> {
    let whole = || decisive(all, Burst::basis).filter(|burst| burst.lost == 0);
    let Some(length) = whole().map(|burst| burst.length).max() else {
        return all
            .first()
            .map(|_| "Each path lost events of each burst.".into());
    };
    let longest = whole().filter(|burst| burst.length == length);
    let best = longest.min_by(|a, b| a.delivery().total_cmp(&b.delivery()))?;
    let scale = Scale::of(best.measure, best.delivery() as u64);
    Some(format!(
        "{} costs the least in bursts of {}: {} {} an event, of all CPUs.",
        best.path,
        grouped(best.length.into()),
        scale.show(best.delivery().round() as u64),
        scale.unit
    ))
}

/// The fastest rate.
fn rates(all: &[Throughput]) -> Option<String> {
    let rates = decisive(all, Throughput::basis);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::environment::Accel;
    use crate::environment::tests::environment;
    use crate::report::HANDLER;
    use crate::report::tests::{burst as burst_of, row};

    fn of(rows: Vec<Row>) -> String {
        verdict(&Report::new(environment(), rows, false))
    }

    #[test]
    fn the_verdict_of_an_emulated_cpu_is_of_path_lengths() {
        let mut rows = vec![
            row("netlink", Measure::PathLength, 7_461),
            row("read", Measure::PathLength, 4_800),
            row("netlink", Measure::Time, 1_000),
        ];
        assert_eq!(
            of(rows.clone()),
            "read is the shortest of 2 paths: 4,800 instructions from the interrupt to the program, at \
             the median; netlink takes 1.55x that. None of 6,000 events was lost."
        );
        rows[1].lost = 3;
        assert_eq!(
            of(rows),
            "netlink takes 7,461 instructions from the interrupt to the program, at the median. \
             3 of 6,000 events were lost."
        );
    }

    #[test]
    fn times_of_hardware_decide_whatever_the_first_run_was() {
        let hardware = Row {
            accel: Accel::None,
            ..row("read", Measure::Time, 5_000)
        };
        let rows = vec![row("netlink", Measure::PathLength, 7_461), hardware];
        assert!(of(rows).starts_with("read takes 5.0 us from the interrupt"));
    }

    #[test]
    fn the_words_are_those_of_the_subject() {
        let handler = of(vec![row(HANDLER, Measure::PathLength, 180)]);
        assert!(
            handler.starts_with("handler takes 180 instructions from its stamp until"),
            "{handler}"
        );
        let uio = Row {
            stage: Stage::TriggerToHandler,
            stages: BTreeMap::new(),
            ..row("uio", Measure::PathLength, 8_000)
        };
        let uio = of(vec![uio]);
        assert!(uio.contains("from the trigger to the program"), "{uio}");
    }

    fn burst(path: &str, measure: Measure, lost: u64, cost: f64) -> Burst {
        Burst {
            measure,
            unit: measure.unit(),
            cost,
            ..burst_of(path, lost)
        }
    }

    #[test]
    fn bursts_that_lost_events_win_nothing_and_measures_are_not_mixed() {
        let mut report = Report::new(environment(), Vec::new(), false);
        report.bursts = vec![
            burst("sysfs", Measure::PathLength, 1023, 30.0),
            burst("netlink", Measure::PathLength, 0, 430.0),
            burst("read", Measure::Time, 0, 100.0),
        ];
        let words =
            "netlink costs the least in bursts of 1,024: 430 instructions an event, of all CPUs.";
        assert_eq!(verdict(&report), words);
        report.bursts.truncate(1);
        assert_eq!(verdict(&report), "Each path lost events of each burst.");
    }

    #[test]
    fn an_empty_report_has_one_too() {
        assert_eq!(of(Vec::new()), "Nothing was measured.");
    }
}
