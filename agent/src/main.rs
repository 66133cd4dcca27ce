//! The `irqlink` command.

mod commands;
mod failure;
mod output;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run() {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
