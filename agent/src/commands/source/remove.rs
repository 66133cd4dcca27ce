//! `irqlink source remove`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::{Control, PciBinding};

use super::super::Outcome;

/// Remove sources that were added. Needs root.
///
/// With a source of a PCI function go the others of that function; it is then left unbound.
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
            if source.driver == "irqlink_pci" {
                PciBinding::release(&source.device)?;
            }
            writeln!(stdout(), "{name}: removed")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
