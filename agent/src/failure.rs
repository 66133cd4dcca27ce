//! Why a command failed, and its exit code.

use std::io;
use std::process::ExitCode;

use irqlink::{BindingError, Error};
use nix::errno::Errno;

use crate::output::say;

/// Exit codes, as `irqlink --help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done; `watch` and `agent` also when ended by Ctrl-C or SIGTERM
  1  failed, or `doctor` found a failure
  2  wrong usage
  3  the kernel module is not loaded, or of another version
  4  no such source, GPIO line or PCI function
  5  no permission
  6  timed out
  7  the source is gone: its device or driver was removed
  8  `doctor` found nothing worse than a warning";

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The library says so.
    Library(Error),
    /// The options do not go together.
    Usage(&'static str),
    /// Standard output cannot be written.
    Output(io::Error),
    /// `--timeout` ran out; says what is missing.
    Timeout(String),
}

impl Failure {
    /// Tells the person, and returns the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            // The reader, such as `head`, has what it wanted.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Failure::Output(error) => {
                say(format_args!("irqlink: cannot write the output: {error}"));
            }
            Failure::Usage(wrong) => say(format_args!("irqlink: {wrong}")),
            Failure::Library(error) => say(format_args!("irqlink: {error}")),
            Failure::Timeout(missing) => say(format_args!("irqlink: timed out: {missing}")),
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Failure::Output(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Timeout(_) => 6,
            Failure::Library(error) => match error {
                Error::ModuleMissing
                | Error::AbiVersion { .. }
                | Error::FamilyVersion { .. }
                | Error::RecordSize { .. } => 3,
                Error::UnknownSource { .. } | Error::NotASource { .. } => 4,
                Error::Line(_) | Error::Binding(BindingError::NoFunction { .. }) => 4,
                Error::Refused {
                    errno: Errno::ENOENT,
                    ..
                } => 4,
                Error::Permission { .. } => 5,
                Error::Refused {
                    errno: Errno::EPERM | Errno::EACCES,
                    ..
                }
                | Error::System {
                    errno: Errno::EPERM | Errno::EACCES,
                    ..
                } => 5,
                Error::Gone { .. } => 7,
                Error::Refused {
                    errno: Errno::ENODEV,
                    ..
                } => 7,
                _ => 1,
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Output(error.into())
    }
}
