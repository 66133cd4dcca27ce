//! `irqlink-bench compare`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::{print, spare_report};
use crate::compare::compare;
use crate::error::Result;
use crate::file;
use crate::report::read;
use crate::table::{Style, comparison};

/// Show two reports side by side, with the relative change of each figure that both have.
///
/// They must be of like machines and settings; what differs is said.
#[derive(Debug, Args)]
pub struct Compare {
    /// The first report, A
    #[arg(value_name = "A.json")]
    a: PathBuf,
    /// The second, B
    #[arg(value_name = "B.json")]
    b: PathBuf,
    /// Compare them though their environments are not alike, and say how they differ
    #[arg(short, long)]
    force: bool,
    /// Write the comparison to this file as JSON; to standard output if absent or -, and then print no table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
}

impl Compare {
    pub fn run(self) -> Result<ExitCode> {
        if let Some(path) = &self.json {
            file::check(path)?;
            spare_report(path)?;
        }
        let compared = compare(&read(&self.a)?, &read(&self.b)?, self.force)?;
        if let Some(path) = &self.json {
            let mut text = serde_json::to_vec_pretty(&compared).expect("a comparison is JSON");
            text.push(b'\n');
            file::write(&text, path)?;
        }
        if !self.json.as_deref().is_some_and(file::is_standard_output) {
            print(&comparison(&compared, Style::detect()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
