//! `irqlink source remove`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::Control;

use super::super::Outcome;

/// Remove sources that were added. Needs root.
#[derive(Debug, Args)]
pub struct Remove {
    /// Names of the sources
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
}

impl Remove {
    pub fn run(self) -> Outcome {
        let mut control = Control::open()?;
        for name in &self.sources {
            let source = control.source(name)?;
            control.remove(source.id)?;
            writeln!(stdout(), "{name}: removed")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
