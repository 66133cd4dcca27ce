//! The table: what the machine is, then each measure with its paths, fastest first.

mod compare;
mod grid;
mod stages;
mod stream;

use crate::environment::{Accel, Environment, SourceState};
use crate::figure::{Scale, grouped, relative};
use crate::report::{Percentile, Report, Row, Section, Stopped, Worth, sections};

pub use compare::comparison;
pub use grid::Style;
use grid::{Cell, align};

const SHOWN: [Percentile; 4] = [
    Percentile::P50,
    Percentile::P90,
    Percentile::P99,
    Percentile::P999,
];

/// The whole table, ready to print.
pub fn table(report: &Report, style: Style) -> String {
    let mut text = heading(report);
    for one in sections(report) {
        text += "\n";
        text += &section(&one, style);
        text += &stages::stages(&one, style);
    }
    text += &stream::bursts(&report.bursts, style);
    text += &stream::throughput(&report.throughput, style);
    text + &notes(report)
}

/// What is to be known about the figures.
fn notes(report: &Report) -> String {
    let mut notes = String::new();
    let is_doubtful = |row: &Row| SHOWN.iter().any(|one| row.unsupported.contains(one));
    if report.results.iter().any(is_doubtful) {
        notes += "(in parentheses): too few events to tell; raise --num\n";
    }
    for stopped in &report.stopped {
        notes += &ended(stopped, report);
    }
    let runs = report.environments().iter().enumerate();
    for (number, _) in runs.filter(|(_, run)| run.traced) {
        let run = report.run_name(number);
        notes +=
            &format!("tracing was on{run}, for --stop-above: each figure is longer than without\n");
    }
    let sources = report.environments().iter().flat_map(|run| &run.source);
    for moved in sources.filter_map(SourceState::moved) {
        notes += &format!("{moved}\n");
    }
    if report.partial {
        notes += "partial: the run ended early\n";
    }
    match notes.is_empty() {
        true => notes,
        false => format!("\n{notes}"),
    }
}

/// Which event ended the run, and where its trace is.
fn ended(stopped: &Stopped, report: &Report) -> String {
    let scale = Scale::of(report.measure_of(stopped), stopped.above);
    let trace = match (&stopped.trace, &stopped.no_trace) {
        (Some(file), _) => format!("the trace is in {}", file.display()),
        (None, Some(why)) => format!("there is no trace: {why}"),
        (None, None) => "there is no trace".into(),
    };
    format!(
        "stopped{}: event {} of {} (load {}) took {} {}, more than {}; {trace}\n",
        report.run_name(stopped.run),
        stopped.events.last().map_or(0, |event| event.seq),
        stopped.path,
        stopped.load.name(),
        scale.show(stopped.latency()),
        scale.unit,
        scale.show(stopped.above),
    )
}

/// What the machine is, and what the figures are worth.
fn heading(report: &Report) -> String {
    let worth = match Worth::of(report) {
        Worth::Hardware => "",
        Worth::ExactBeside => "path lengths are exact: they were counted on an emulated CPU\n",
        Worth::Mixed => {
            "some times are of an emulated CPU, so not hardware latencies; path lengths are exact\n"
        }
        Worth::Emulated => {
            "emulated CPU: times are not hardware latencies; path lengths are exact\n"
        }
    };
    format!("{worth}{}\n", machine(&report.environment))
}

fn machine(environment: &Environment) -> String {
    let cpus = environment.cpus_online.as_deref().unwrap_or("unknown");
    let under = match environment.accel {
        Accel::None | Accel::Tcg | Accel::Qemu => "",
        Accel::Kvm => " under KVM",
        Accel::Hypervisor => " under a hypervisor",
    };
    format!(
        "{}{under} (CPUs {cpus}), Linux {} {}, preemption {}, clock {}",
        environment.cpu,
        environment.kernel,
        environment.arch,
        environment.preempt,
        environment.clocksource
    )
}

/// Rows of one subject, in one unit, fastest first.
fn section(section: &Section, style: Style) -> String {
    let best = section.rows[0].quantiles.p50;
    let scale = Scale::of(section.measure(), best);
    let title = format!("{} ({})", section.title, scale.unit);
    let mut lines = vec![header(title)];
    let line = |row| line(section.name(row), row, &scale, best);
    lines.extend(section.rows.iter().map(line));
    align(&lines, style)
}

fn header(title: String) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![title.into(), "relative".into(), "min".into()];
    cells.extend(SHOWN.map(|percentile| percentile.name().into()));
    cells.extend(["max".into(), "lost".into()]);
    cells
}

fn line(name: String, row: &Row, scale: &Scale, best: u64) -> Vec<Cell> {
    let figures = &row.quantiles;
    let mut cells: Vec<Cell> = vec![
        format!("  {name}").into(),
        relative(figures.p50, best).into(),
        scale.show(figures.min).into(),
    ];
    cells.extend(SHOWN.map(|percentile| match figures.at(percentile) {
        Some(value) if row.unsupported.contains(&percentile) => Cell::doubtful(scale.show(value)),
        Some(value) => scale.show(value).into(),
        None => "-".into(),
    }));
    cells.extend([scale.show(figures.max).into(), grouped(row.lost).into()]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::measure::Measure;
    use crate::recorder::Stage;
    use crate::report::HANDLER;
    use crate::report::tests::row;

    #[test]
    fn measures_stand_apart_each_in_its_unit() {
        let rows = vec![
            row("netlink", Measure::PathLength, 7_461),
            row("read", Measure::PathLength, 4_800),
            row("netlink", Measure::Time, 93_000),
            row("read", Measure::Time, 60_000),
        ];
        let expected = "\
emulated CPU: times are not hardware latencies; path lengths are exact
QEMU TCG CPU version 2.5+ (CPUs 0-1), Linux 6.12.117+deb12-amd64 x86_64, preemption voluntary, clock tsc

path length (instructions)  relative    min    p50    p90    p99    p99.9    max  lost
  read                         1.00x  4,790  4,800  4,810  4,900  (5,800)  6,800     0
  netlink                      1.55x  7,451  7,461  7,471  7,561  (8,461)  9,461     0

time (us)  relative   min   p50   p90   p99   p99.9   max  lost
  read        1.00x  60.0  60.0  60.0  60.1  (61.0)  62.0     0
  netlink     1.55x  93.0  93.0  93.0  93.1  (94.0)  95.0     0

(in parentheses): too few events to tell; raise --num
";
        assert_eq!(
            table(&Report::new(environment(), rows, false), Style::PLAIN),
            expected
        );
    }

    #[test]
    fn hardware_is_not_warned_of() {
        let hardware = Environment {
            accel: Accel::None,
            emulated: false,
            cpu: "Cortex-A76".into(),
            ..environment()
        };
        let text = table(&Report::new(hardware, Vec::new(), false), Style::PLAIN);
        assert!(
            text.starts_with("Cortex-A76 (CPUs 0-1), Linux 6.12"),
            "{text}"
        );
    }

    #[test]
    fn times_of_hardware_are_not_called_emulated_for_path_lengths_beside_them() {
        let hardware = Row {
            accel: Accel::Kvm,
            ..row("read", Measure::Time, 9_000)
        };
        let rows = vec![hardware, row("read", Measure::PathLength, 4_800)];
        let text = table(&Report::new(environment(), rows, false), Style::PLAIN);
        assert!(text.starts_with("path lengths are exact: they"), "{text}");
    }

    #[test]
    fn what_holds_for_a_second_run_only_is_said_too() {
        let times = Report::new(
            environment(),
            vec![row("read", Measure::Time, 5_000)],
            false,
        );
        let rows = vec![row("read", Measure::PathLength, 4_800)];
        let mut exact = Report::new(environment(), rows, true);
        exact.environment.traced = true;
        exact.stopped = vec![crate::report::tests::stopped(9)];
        let merged = crate::report::merge(vec![times, exact]).unwrap();
        let text = table(&merged, Style::PLAIN);
        assert!(
            text.contains("stopped in run 2: event 9 of read (load idle) took 2,500 instructions"),
            "{text}"
        );
        assert!(text.contains("tracing was on in run 2"), "{text}");
    }

    #[test]
    fn paths_without_a_stamp_are_compared_from_the_trigger() {
        let mut netlink = row("netlink", Measure::PathLength, 7_461);
        let from_trigger = row("netlink", Measure::PathLength, 8_000).quantiles;
        netlink.stages.insert(Stage::TriggerToHandler, from_trigger);
        let uio = Row {
            stage: Stage::TriggerToHandler,
            ..row("uio", Measure::PathLength, 8_229)
        };
        let report = Report::new(environment(), vec![netlink, uio], false);
        let text = table(&report, Style::PLAIN);
        let (own, all) = text.split_once("path length from the trigger").unwrap();
        assert!(own.contains("7,461") && !own.contains("uio"), "{text}");
        assert!(all.contains("8,000") && all.contains("8,229"), "{text}");
    }

    #[test]
    fn the_handler_is_not_compared_with_paths() {
        let rows = vec![
            row("netlink", Measure::PathLength, 7_461),
            Row {
                consumers: Some(8),
                ..row(HANDLER, Measure::PathLength, 180)
            },
        ];
        let text = table(&Report::new(environment(), rows, true), Style::PLAIN);
        assert!(text.contains("interrupt handler (instructions)"), "{text}");
        assert!(text.contains("  handler (agents: 8)"), "{text}");
        assert_eq!(text.matches("1.00x").count(), 2, "{text}");
        assert!(text.ends_with("partial: the run ended early\n"), "{text}");
    }
}
