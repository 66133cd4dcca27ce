//! `irqlink-bench report`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::print;
use crate::error::Result;
use crate::report::{merge, read, write};
use crate::table::table;

/// Show reports in one table, and merge them.
///
/// Only runs on the same kernel are merged, and no row twice: one run for time, say, and one in a
/// VM that counts instructions.
#[derive(Debug, Args)]
pub struct Report {
    /// Reports, as `run --json` writes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the merged report to this file; - for standard output, and then print no table
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Report {
    pub fn run(self) -> Result<ExitCode> {
        let reports = self.files.iter().map(|file| read(file));
        let merged = merge(reports.collect::<Result<_>>()?)?;
        if let Some(output) = &self.output {
            write(&merged, output)?;
        }
        if self.output.is_none_or(|output| output.as_os_str() != "-") {
            print(&table(&merged))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
