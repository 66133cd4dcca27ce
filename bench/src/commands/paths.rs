//! `irqlink-bench paths`

use std::process::ExitCode;

use clap::Args;

use super::output::print;
use crate::error::Result;
use crate::path;

/// List the paths that can be measured.
#[derive(Debug, Args)]
pub struct Paths {}

impl Paths {
    pub fn run(self) -> Result<ExitCode> {
        let lines = path::ALL
            .iter()
            .map(|path| format!("{:8}  {}\n", path.name(), path.summary()));
        print(&lines.collect::<String>())?;
        Ok(ExitCode::SUCCESS)
    }
}
