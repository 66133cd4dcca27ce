//! What the commands print and write.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{self, Error, Result};
use crate::file;
use crate::html;
use crate::report::{self, Report};
use crate::table::{Style, table};

/// Where a run's results go.
#[derive(Debug, Args)]
pub struct Output {
    /// Write the report to this file as JSON; to standard output if absent or -, and then print
    /// no table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
    /// Write its rows to this file as CSV; to standard output if absent or -, and then print no
    /// table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    csv: Option<PathBuf>,
    /// Write the report to this file as a page to look at, which needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Output {
    /// Finds out whether the results can be written, before they are worked for.
    pub fn check(&self) -> Result<()> {
        self.files().try_for_each(file::check)
    }

    /// Refuses to write over a report, which was rather meant to be read.
    ///
    /// # Errors
    /// [`Error::OverReport`].
    pub fn spare_reports(&self) -> Result<()> {
        self.files().try_for_each(spare_report)
    }

    /// Writes the report and prints the table.
    ///
    /// # Errors
    /// The first of writing, once all was tried; the others are said.
    pub fn give(&self, report: &Report) -> Result<()> {
        let written = [
            self.json.as_deref().map(|path| report::write(report, path)),
            self.csv
                .as_deref()
                .map(|path| file::write(&report::csv(report), path)),
            self.html
                .as_deref()
                .map(|path| file::write(html::page(report).as_bytes(), path)),
        ];
        let shows_table = !self.files().any(file::is_standard_output) && !report.is_empty();
        let printed = shows_table.then(|| print(&table(report, Style::detect())));
        error::first([printed].into_iter().chain(written).flatten())
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.json, &self.csv, &self.html]
            .into_iter()
            .filter_map(|path| path.as_deref())
    }
}

/// Refuses to write over a report: `--json A B` takes A as the file to write.
///
/// # Errors
/// [`Error::OverReport`].
pub fn spare_report(path: &Path) -> Result<()> {
    match path.is_file() && report::read(path).is_ok() {
        true => Err(Error::OverReport(path.into())),
        false => Ok(()),
    }
}

/// Prints to standard output. A reader that has enough, such as `head`, is no failure.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Write {
            path: "to standard output".into(),
            source: error,
        }),
        _ => Ok(()),
    }
}
