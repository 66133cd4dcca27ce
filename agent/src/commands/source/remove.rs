//! `irqlink source remove`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::{Control, Error, PciBinding, Result, Source};
use nix::errno::Errno;

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
        let sources = self.sources.iter().map(|name| control.source(name));
        let sources = sources.collect::<Result<Vec<_>>>()?;
        for source in &sources {
            remove(&mut control, source)?;
            writeln!(stdout(), "{}: removed", source.name)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn remove(control: &mut Control, source: &Source) -> Result<()> {
    match control.remove(source.id) {
        Ok(()) if source.driver == "irqlink_pci" => PciBinding::release(&source.device),
        // It went with another of its function.
        Err(Error::Refused {
            errno: Errno::ENOENT,
            ..
        }) => Ok(()),
        outcome => outcome,
    }
}
