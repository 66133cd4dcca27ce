//! Measures the tables of docs/findings.md anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use irqlink_hw_tests::job::Step;

use crate::error::{Context, Error, Result};
use crate::kernel::Flavour;
use crate::measured::{Burst, Length, Measurement, Report};
use crate::paths;
use crate::progress::Progress;
use crate::qemu::Accel;

/// The kernels that are measured.
const KERNELS: [Flavour; 2] = [Flavour::Stock612, Flavour::Lean];
/// Measures path lengths.
const RUN: [&str; 7] = [
    "run",
    "--measure",
    "path-length",
    "-n",
    "1000",
    "--stages",
    "0",
];
/// The paths whose bursts are measured.
const BURST_PATHS: &str = "netlink,read,signalfd,ring-poll,bpf-ringbuf";
/// The paths that a GPIO line is measured by.
const LINE_PATHS: &str = "netlink,read,read-blocking,ring-poll,gpio-cdev,timer";
/// The paths that are measured with two CPUs.
const BUSY_PATHS: &str = "netlink,read,ring-poll,ring-adaptive,ring-busy";

fn file() -> PathBuf {
    paths::root().join("docs/findings.md")
}

/// Measures, and replaces the tables.
///
/// # Errors
/// Those of the boards; where the document has no place for a table.
pub fn run(progress: Progress) -> Result<()> {
    let (mut kernels, mut lengths, mut bursts) = (Vec::new(), Vec::new(), Vec::new());
    for kernel in KERNELS {
        let report = Report::make(kernel, &RUN, progress)?;
        kernels.push(report.kernel().to_owned());
        lengths.push(report.lengths());
        let burst = ["burst", "--measure", "path-length", "-p", BURST_PATHS];
        bursts.push(Report::make(kernel, &burst, progress)?.bursts());
    }
    let lines = ["rising", "both"].map(|edge| gpio_line(edge, progress));
    let lines = lines.into_iter().collect::<Result<Vec<_>>>()?;
    let busy = two_cpus(progress)?;
    let file = file();
    let what = || format!("cannot rewrite {}", file.display());
    let text = fs::read_to_string(&file).context(what)?;
    let text = replace(&text, "path lengths", &length_table(&kernels, &lengths))?;
    let text = replace(&text, "bursts", &burst_table(&bursts))?;
    let edges = ["one edge", "both edges"].map(String::from);
    let text = replace(&text, "GPIO", &length_table(&edges, &lines))?;
    let text = replace(&text, "two CPUs", &share_table(&busy)?)?;
    fs::write(&file, text).context(what)
}

/// Paths of a simulated line, of which the driver is told of these edges.
fn gpio_line(edge: &str, progress: Progress) -> Result<Vec<Length>> {
    let add = ["irqlink", "source", "add", "gpio", "--name", "line"];
    // A line of hw-tests/board.dts that nobody else has.
    let line = ["--chip", "tree", "--line", "6", "--edge", edge];
    let run = [&RUN[..], &["-s", "line", "-p", LINE_PATHS]].concat();
    let measurement = Measurement {
        name: &format!("gpio-{edge}"),
        kernel: Flavour::Lean,
        accel: Accel::PathLength,
        before: vec![Step::run(add.into_iter().chain(line))],
        arguments: &run,
    };
    Ok(measurement.take(progress)?.lengths())
}

/// Times on a board whose receiver has a CPU of its own. The interrupt goes to the other one, where the kernel
/// begins to spread them.
fn two_cpus(progress: Progress) -> Result<Vec<Length>> {
    let run = [
        "run",
        "--measure",
        "time",
        "-n",
        "2000",
        "--stages",
        "0",
        "--cpu",
        "0",
        "--trigger-cpu",
        "1",
        "-p",
        BUSY_PATHS,
    ];
    let measurement = Measurement {
        name: "two-cpus",
        kernel: Flavour::Stock612,
        accel: Accel::Tcg,
        before: Vec::new(),
        arguments: &run,
    };
    Ok(measurement.take(progress)?.lengths())
}

/// Times as parts of netlink's: those of an emulated CPU say no more.
fn share_table(times: &[Length]) -> Result<String> {
    let netlink = times.iter().find(|time| time.path == "netlink");
    let netlink = netlink.ok_or_else(|| Error::Other("netlink was not measured".into()))?;
    let mut times: Vec<_> = times.iter().collect();
    times.sort_by_key(|time| time.p50);
    let mut table = "| path | of netlink's time |\n|---|---|\n".to_owned();
    for Length { path, p50 } in times {
        let percent = *p50 as f64 * 100.0 / netlink.p50 as f64;
        let _ = writeln!(table, "| {path} | {percent:.1} % |");
    }
    Ok(table)
}

/// A row a path, a column a kernel; in order of the first kernel's figures.
fn length_table(kernels: &[String], lengths: &[Vec<Length>]) -> String {
    let mut rows: BTreeMap<&str, Vec<Option<u64>>> = BTreeMap::new();
    for (column, lengths) in lengths.iter().enumerate() {
        for length in lengths {
            let row = rows.entry(&length.path).or_default();
            row.resize(column, None);
            row.push(Some(length.p50));
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, row)| row[0].unwrap_or(u64::MAX));
    let mut table = format!(
        "| path | {} |\n|---|{}\n",
        kernels.join(" | "),
        "---|".repeat(kernels.len())
    );
    for (path, mut row) in rows {
        row.resize(kernels.len(), None);
        let cells: Vec<_> = row.into_iter().map(cell).collect();
        let _ = writeln!(table, "| {path} | {} |", cells.join(" | "));
    }
    table
}

/// A row a path, a column a length of the burst; of the first kernel.
fn burst_table(bursts: &[Vec<Burst>]) -> String {
    let first = bursts.first().map_or(&[][..], Vec::as_slice);
    let mut rows: BTreeMap<&str, BTreeMap<u64, u64>> = BTreeMap::new();
    for burst in first {
        rows.entry(&burst.path)
            .or_default()
            .insert(burst.length, burst.cost);
    }
    let lengths: Vec<u64> = rows
        .values()
        .next()
        .map_or(Vec::new(), |row| row.keys().copied().collect());
    let heads: Vec<_> = lengths.iter().map(|length| grouped(*length)).collect();
    let mut table = format!(
        "| path | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for (path, row) in rows {
        let cells: Vec<_> = lengths
            .iter()
            .map(|length| cell(row.get(length).copied()))
            .collect();
        let _ = writeln!(table, "| {path} | {} |", cells.join(" | "));
    }
    table
}

fn cell(figure: Option<u64>) -> String {
    figure.map_or("-".into(), grouped)
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The document with that table between its marks.
fn replace(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{table}{end}{after}"))
    });
    parts.ok_or_else(|| {
        Error::Other(format!(
            "docs/findings.md has no place for {name}: it needs {begin} and {end}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &str, p50: u64) -> Length {
        Length {
            path: path.into(),
            p50,
        }
    }

    #[test]
    fn a_path_that_one_kernel_lacks_has_a_gap() {
        let kernels = ["6.1", "6.2"].map(String::from);
        let lengths = [
            vec![length("netlink", 7572), length("read", 5068)],
            vec![length("gpio-cdev", 999), length("read", 3072)],
        ];
        assert_eq!(
            length_table(&kernels, &lengths),
            "| path | 6.1 | 6.2 |\n|---|---|---|\n| read | 5,068 | 3,072 |\n| netlink | 7,572 | - |\n| gpio-cdev | - | 999 |\n"
        );
    }

    #[test]
    fn times_are_parts_of_that_of_netlink() {
        let times = [length("netlink", 50_000), length("ring-busy", 600)];
        assert_eq!(
            share_table(&times).unwrap(),
            "| path | of netlink's time |\n|---|---|\n| ring-busy | 1.2 % |\n| netlink | 100.0 % |\n"
        );
        assert!(share_table(&times[1..]).is_err());
    }

    #[test]
    fn bursts_are_a_row_a_path() {
        let burst = |path: &str, length, cost| Burst {
            path: path.into(),
            length,
            cost,
        };
        let bursts = [vec![burst("read", 1, 9000), burst("read", 256, 300)]];
        assert_eq!(
            burst_table(&bursts),
            "| path | 1 | 256 |\n|---|---|---|\n| read | 9,000 | 300 |\n"
        );
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = "a\n<!-- t: begin -->\nold\n<!-- t: end -->\nb\n";
        assert_eq!(
            replace(text, "t", "new\n").unwrap(),
            "a\n<!-- t: begin -->\nnew\n<!-- t: end -->\nb\n"
        );
        assert!(
            replace(text, "u", "new\n")
                .unwrap_err()
                .to_string()
                .contains("no place for u")
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 1000, 1234567].map(grouped), ["7", "1,000", "1,234,567"]);
    }
}
