//! `irqlink-bench`, as people run it on a board. Figures are not looked at: the CPU may be emulated.

mod end;
mod module;
mod paths;
mod peers;
mod run;
mod stream;

use std::process::{Command, Output};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::board::*;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    [
        paths::tests(),
        run::tests(),
        stream::tests(),
        end::tests(),
        module::tests(),
        peers::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The command.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("irqlink-bench");
    command.args(arguments);
    command
}

/// Runs it.
fn bench(arguments: &[&str]) -> Result<Output, Failed> {
    Ok(command(arguments).output()?)
}

/// The report that it prints, if it ends with this code.
pub fn report(code: i32, arguments: &[&str]) -> Result<Value, Failed> {
    let output = command(arguments).arg("--json").output()?;
    ensure!(output.status.code() == Some(code), "{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The members of an array.
pub fn array(value: &Value) -> Result<&Vec<Value>, Failed> {
    Ok(value
        .as_array()
        .ok_or_else(|| format!("no array: {value}"))?)
}
