//! `irqlink ack`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::{Access, Device};

use super::Outcome;

/// Unmask a source in mode until-ack: its interrupt has been dealt with.
#[derive(Debug, Args)]
pub struct Ack {
    /// Name of the source, or path of its device file
    source: String,
}

impl Ack {
    pub fn run(self) -> Outcome {
        let device = Device::open(&self.source, Access::ReadWrite)?;
        device.ack()?;
        writeln!(stdout(), "{}: acknowledged", device.name())?;
        Ok(ExitCode::SUCCESS)
    }
}
