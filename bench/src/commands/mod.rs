//! The command line; the subcommands, one file each.

mod burst;
mod compare;
mod handler;
mod load;
mod output;
mod paths;
mod report;
mod run;
mod stream;
mod target;
mod throughput;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{EXIT_CODES, Result};

/// Compare the ways from an interrupt to a program, one interrupt at a time.
///
/// Without a subcommand: run.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = EXIT_CODES,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Burst(burst::Burst),
    Throughput(throughput::Throughput),
    Paths(paths::Paths),
    Report(report::Report),
    Compare(compare::Compare),
    Handler(handler::Handler),
    Load(load::Load),
}

/// Runs what the command line asks for.
///
/// # Errors
/// Those of the subcommand.
pub fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(command) => command.run(),
        Command::Burst(command) => command.run(),
        Command::Throughput(command) => command.run(),
        Command::Paths(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Handler(command) => command.run(),
        Command::Load(command) => command.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_subcommand_it_runs() {
        let cli = Cli::try_parse_from(["irqlink-bench", "-n", "100"]).unwrap();
        assert!(cli.command.is_none());
    }

    #[test]
    fn zero_events_and_unknown_paths_are_wrong_usage() {
        for arguments in [
            ["run", "-n", "0"],
            ["run", "--path", "carrier-pigeon"],
            ["run", "--priority", "100"],
            ["run", "--timeout", "1"],
            ["run", "--cpu", "x"],
        ] {
            let arguments = ["irqlink-bench"].into_iter().chain(arguments);
            assert!(Cli::try_parse_from(arguments).is_err());
        }
    }
}
