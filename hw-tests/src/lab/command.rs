//! Runs other programs.

use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result};
use crate::paths;

/// What `command` is called in messages: the program and its first argument.
fn name(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args().take(1));
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The error of a program that could not be started.
pub fn cannot_start(command: &Command, error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::MissingProgram {
            program: command.get_program().to_string_lossy().into_owned(),
        },
        _ => Error::io(format!("cannot start {}", name(command)), error),
    }
}

/// A call of cargo on the clone.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(paths::root());
    cargo
}

/// Runs to the end, whatever the exit status; both outputs are kept.
pub fn output(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| cannot_start(command, e))
}

/// Runs to the end and gives the standard output.
///
/// # Errors
/// [`Error::DiskFull`] where the program says so, else [`Error::Command`] with all of its output.
pub fn stdout(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failure(name(command), &output)),
    }
}

/// How programs say that the disk is full; the last is tar's, when a write stops half-way.
const DISK_FULL: [&str; 3] = [
    "No space left on device",
    "Disk quota exceeded",
    "Wrote only ",
];

/// The error of a program that ended badly.
pub fn failure(what: String, output: &Output) -> Error {
    let text = text(output);
    match DISK_FULL.iter().any(|words| text.contains(words)) {
        true => Error::DiskFull {
            what: format!("{what}: {}", text.trim_end()),
        },
        false => Error::Command {
            what,
            status: output.status,
            output: text.trim_end().to_string(),
        },
    }
}

/// Both outputs, the errors first.
pub fn text(output: &Output) -> String {
    [&output.stderr[..], &output.stdout[..]]
        .map(String::from_utf8_lossy)
        .concat()
}
