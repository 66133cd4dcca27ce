//! The table: what the machine is, then each measure with its paths, fastest first.

use std::fmt::Write;

use crate::environment::{Accel, Environment};
use crate::measure::Measure;
use crate::report::{HANDLER, Report, Row};

const COLUMNS: [&str; 7] = ["min", "p50", "p90", "p99", "p99.9", "max", "lost"];

/// The whole table, ready to print.
pub fn table(report: &Report) -> String {
    let mut text = heading(report);
    let mut rows: Vec<&Row> = report.results.iter().collect();
    rows.sort_by_key(|row| (subject(row), row.quantiles.p50));
    for rows in rows.chunk_by(|a, b| subject(a) == subject(b)) {
        text += "\n";
        text += &section(rows);
    }
    if report.partial {
        text += "\npartial: the run ended early\n";
    }
    text
}

/// Rows of another subject stand in another section.
fn subject(row: &Row) -> (Measure, bool) {
    (row.measure, row.path == HANDLER)
}

/// What the machine is, and what the figures are worth.
fn heading(report: &Report) -> String {
    let has = |measure: Measure, emulated: bool| {
        report
            .results
            .iter()
            .any(|row| row.measure == measure && row.accel.is_emulated() == emulated)
    };
    let worth = if has(Measure::Time, false) {
        match has(Measure::PathLength, true) {
            true => "path lengths are exact: they were counted on an emulated CPU\n",
            false => "",
        }
    } else if report.environment.emulated {
        "emulated CPU: times are not hardware latencies; path lengths are exact\n"
    } else {
        ""
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
fn section(rows: &[&Row]) -> String {
    let best = rows[0].quantiles.p50;
    let scale = Scale::of(rows[0].measure, best);
    let what = match subject(rows[0]) {
        (_, true) => "interrupt handler",
        (measure, false) => measure.name(),
    };
    let mut lines = vec![header(format!("{what} ({})", scale.unit))];
    lines.extend(rows.iter().map(|row| line(row, &scale, best)));
    align(&lines)
}

fn header(title: String) -> Vec<String> {
    let mut cells = vec![title, "relative".into()];
    cells.extend(COLUMNS.map(String::from));
    cells
}

fn line(row: &Row, scale: &Scale, best: u64) -> Vec<String> {
    let name = match row.consumers {
        Some(consumers) => format!("  {} (agents: {consumers})", row.path),
        None => format!("  {}", row.path),
    };
    let relative = row.quantiles.p50 as f64 / best.max(1) as f64;
    let mut cells = vec![name, format!("{relative:.2}x")];
    let q = &row.quantiles;
    cells.extend([q.min, q.p50, q.p90, q.p99, q.p999, q.max].map(|value| scale.show(value)));
    cells.push(grouped(row.lost));
    cells
}

/// How the figures of one measure are shown.
struct Scale {
    unit: &'static str,
    divisor: u64,
}

impl Scale {
    /// The unit in which `typical` is easy to read.
    fn of(measure: Measure, typical: u64) -> Self {
        let (unit, divisor) = match (measure, typical) {
            (Measure::PathLength, _) => ("instructions", 1),
            (Measure::Time, 0..1_000) => ("ns", 1),
            (Measure::Time, 1_000..10_000_000) => ("us", 1_000),
            (Measure::Time, _) => ("ms", 1_000_000),
        };
        Scale { unit, divisor }
    }

    fn show(&self, value: u64) -> String {
        match self.divisor {
            1 => grouped(value),
            divisor => format!("{:.1}", value as f64 / divisor as f64),
        }
    }
}

/// With a comma between thousands.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first column to the left, the others to the right.
fn align(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let widths: Vec<usize> = (0..lines[0].len()).filter_map(width).collect();
    let mut text = String::new();
    for line in lines {
        let _ = write!(text, "{:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
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

path length (instructions)  relative    min    p50    p90    p99  p99.9    max  lost
  read                         1.00x  4,790  4,800  4,810  4,900  5,800  6,800     0
  netlink                      1.55x  7,451  7,461  7,471  7,561  8,461  9,461     0

time (us)  relative   min   p50   p90   p99  p99.9   max  lost
  read        1.00x  60.0  60.0  60.0  60.1   61.0  62.0     0
  netlink     1.55x  93.0  93.0  93.0  93.1   94.0  95.0     0
";
        assert_eq!(table(&Report::new(environment(), rows, false)), expected);
    }

    #[test]
    fn hardware_is_not_warned_of() {
        let hardware = Environment {
            accel: Accel::None,
            emulated: false,
            cpu: "Cortex-A76".into(),
            ..environment()
        };
        let text = table(&Report::new(hardware, Vec::new(), false));
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
        let text = table(&Report::new(environment(), rows, false));
        assert!(text.starts_with("path lengths are exact: they"), "{text}");
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
        let text = table(&Report::new(environment(), rows, true));
        assert!(text.contains("interrupt handler (instructions)"), "{text}");
        assert!(text.contains("  handler (agents: 8)"), "{text}");
        assert_eq!(text.matches("1.00x").count(), 2, "{text}");
        assert!(text.ends_with("partial: the run ended early\n"), "{text}");
    }

    #[test]
    fn units_fit_the_figures() {
        for (measure, value, text) in [
            (Measure::PathLength, 1_234_567, "1,234,567"),
            (Measure::Time, 950, "950"),
            (Measure::Time, 12_345, "12.3"),
            (Measure::Time, 12_345_678, "12.3"),
        ] {
            assert_eq!(Scale::of(measure, value).show(value), text);
        }
    }
}
