//! `irqlink source`: a file for each thing that can be done, and for each kind that can be added.

mod add;
mod gpio;
mod pci;
mod remove;
mod set;
mod sim;

use clap::{Args, Subcommand};

use super::Outcome;

/// Make, change and remove sources.
#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    Remove(remove::Remove),
    Set(set::Set),
}

impl Source {
    pub fn run(self) -> Outcome {
        match self.command {
            Command::Add(command) => command.run(),
            Command::Remove(command) => command.run(),
            Command::Set(command) => command.run(),
        }
    }
}
