//! `irqlink source add`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use irqlink::{Control, NewSource, Source};

use super::super::Outcome;
use super::gpio::Gpio;
use super::pci::Pci;
use super::sim::Sim;

/// Make a source that no driver has found. Needs root.
#[derive(Debug, Args)]
pub struct Add {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    Sim(Sim),
    Gpio(Gpio),
    Pci(Pci),
}

/// What every kind has.
#[derive(Debug, Args)]
pub struct Common {
    /// Name of the source; by default the kind or device with the lowest free number, such as sim0
    #[arg(long)]
    name: Option<String>,
    /// Print JSON: the source as an object
    #[arg(long)]
    json: bool,
}

impl Add {
    pub fn run(self) -> Outcome {
        match self.kind {
            Kind::Sim(sim) => sim.run(),
            Kind::Gpio(gpio) => gpio.run(),
            Kind::Pci(pci) => pci.run(),
        }
    }
}

impl Common {
    /// Makes the source and tells of it.
    pub fn add(self, source: NewSource) -> Outcome {
        let added = self.make(source)?;
        self.tell(&added)
    }

    /// Makes the source.
    pub fn make(&self, mut source: NewSource) -> irqlink::Result<Source> {
        source.name.clone_from(&self.name);
        Control::open()?.add(&source)
    }

    /// Tells of it.
    pub fn tell(&self, added: &Source) -> Outcome {
        let mut output = stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut output, added)?;
            writeln!(output)?;
        } else {
            writeln!(output, "{}: added, as source {}", added.name, added.id)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
