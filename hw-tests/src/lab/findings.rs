//! Measures the tables of docs/findings.md anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::error::{Context, Error, Result};
use crate::kernel::Flavour;
use crate::measured::{Burst, Length, Report};
use crate::paths;
use crate::progress::Progress;

/// The kernels that are measured.
const KERNELS: [Flavour; 2] = [Flavour::Stock612, Flavour::Lean];
/// The paths whose bursts are measured.
const BURST_PATHS: &str = "netlink,read,signalfd,ring-poll";

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
        let run = [
            "run",
            "--measure",
            "path-length",
            "-n",
            "1000",
            "--stages",
            "0",
        ];
        let report = Report::make(kernel, &run, progress)?;
        kernels.push(report.kernel().to_owned());
        lengths.push(report.lengths());
        let burst = ["burst", "--measure", "path-length", "-p", BURST_PATHS];
        bursts.push(Report::make(kernel, &burst, progress)?.bursts());
    }
    let file = file();
    let what = || format!("cannot rewrite {}", file.display());
    let text = fs::read_to_string(&file).context(what)?;
    let text = replace(&text, "path lengths", &length_table(&kernels, &lengths))?;
    let text = replace(&text, "bursts", &burst_table(&bursts))?;
    fs::write(&file, text).context(what)
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
