//! What the commands print and write.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::error::{Error, LOST, Result};
use crate::report::{self, Report};
use crate::table::table;

/// Where a run's results go.
#[derive(Debug, Args)]
pub struct Output {
    /// Write the report to this file as JSON; to standard output if absent or -, and then print
    /// no table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
}

impl Output {
    /// Finds out whether the results can be written, before they are worked for.
    pub fn check(&self) -> Result<()> {
        self.json.as_deref().map_or(Ok(()), report::check)
    }

    /// Writes the report and prints the table. The exit code tells whether events were lost.
    pub fn give(&self, report: &Report) -> Result<ExitCode> {
        if let Some(path) = &self.json {
            report::write(report, path)?;
        }
        let is_printed = self.json.as_deref() == Some(Path::new("-"));
        if !is_printed && !report.results.is_empty() {
            print(&table(report))?;
        }
        Ok(match report.is_complete() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(LOST),
        })
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
