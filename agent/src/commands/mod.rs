//! The subcommands, one file each.

mod ack;
mod agent;
mod doctor;
mod source;
mod sources;
mod stats;
mod trigger;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{EXIT_CODES, Failure};

type Outcome = Result<ExitCode, Failure>;

/// Receive device interrupts as events.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Sources(sources::Sources),
    Watch(watch::Watch),
    Agent(agent::Agent),
    Stats(stats::Stats),
    Trigger(trigger::Trigger),
    Source(source::Source),
    Ack(ack::Ack),
    Doctor(doctor::Doctor),
}

/// Runs what the command line asks for.
pub fn run() -> Outcome {
    match Cli::parse().command {
        Command::Sources(command) => command.run(),
        Command::Agent(command) => command.run(),
        Command::Watch(command) => command.run(),
        Command::Stats(command) => command.run(),
        Command::Trigger(command) => command.run(),
        Command::Source(command) => command.run(),
        Command::Ack(command) => command.run(),
        Command::Doctor(command) => command.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
