//! `irqlink-bench load`

use std::process::ExitCode;

use clap::Args;

use crate::error::Result;
use crate::load::{self, own};

/// Put the machine under load until ended.
///
/// `run --load` does so by itself, with stress-ng where that is installed.
#[derive(Debug, Args)]
pub struct Load {
    /// What every CPU does
    #[arg(value_enum)]
    load: load::Load,
}

impl Load {
    pub fn run(self) -> Result<ExitCode> {
        own::run(self.load)?;
        Ok(ExitCode::SUCCESS)
    }
}
