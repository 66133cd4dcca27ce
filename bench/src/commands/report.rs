//! `irqlink-bench report`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use crate::error::Result;
use crate::report::{merge, read};

/// Show reports in one table, and merge them.
///
/// Only runs on the same kernel are merged, and no row twice: one run for time, say, and one in a
/// VM that counts instructions.
#[derive(Debug, Args)]
pub struct Report {
    /// Reports, as `run --json` writes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Report {
    pub fn run(self) -> Result<ExitCode> {
        self.output.check()?;
        self.output.spare_reports()?;
        let reports = self.files.iter().map(|file| read(file));
        self.output.give(&merge(reports.collect::<Result<_>>()?)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
