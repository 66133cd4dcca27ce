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

/// A path, as `irqlink-bench paths` lists it.
#[derive(Debug)]
struct Listed {
    name: String,
    /// Why it is not to be had.
    missing: Option<String>,
}

impl Listed {
    /// Fails unless the reason is to be expected: a name, and words of the reason.
    fn is_missing_because(&self, reasons: &[(&str, &str)]) -> Outcome {
        let why = self.missing.as_deref().unwrap_or_default();
        let is = |(name, words): &(&str, &str)| self.name == *name && why.contains(words);
        ensure!(reasons.iter().any(is), "no good reason: {self:?}");
        Ok(())
    }
}

/// The paths, with the source that most tests use.
fn listed() -> Result<Vec<Listed>, Failed> {
    let output = bench(&["paths", "--source", SOURCE])?;
    let text = String::from_utf8(output.stdout)?;
    let mut paths: Vec<Listed> = Vec::new();
    for line in text.lines() {
        let reason = line.trim_start().strip_prefix("not to be had here: ");
        match (reason, paths.last_mut()) {
            (Some(why), Some(path)) => path.missing = Some(why.to_owned()),
            _ => paths.push(Listed {
                name: line.split(' ').next().unwrap_or_default().to_owned(),
                missing: None,
            }),
        }
    }
    Ok(paths)
}
