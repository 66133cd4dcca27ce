//! What can go wrong in the lab, each with what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::board::BoardError;

/// Result with the lab's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the lab could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system under the clone or the cache has no room.
    #[error(
        "disk full: {what}\nFree some space, or set IRQLINK_CACHE to a folder with 2 GB free; `make clean` empties target/."
    )]
    DiskFull { what: String },
    /// A file operation.
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    /// A program is not there.
    #[error(
        "{program} is not installed\nRun hw-tests/packages.sh (as root, or with sudo at hand), or install it by hand."
    )]
    MissingProgram { program: String },
    /// A program failed.
    #[error("{what} failed ({status}):\n{output}")]
    Command {
        what: String,
        status: std::process::ExitStatus,
        output: String,
    },
    /// A program did not end.
    #[error(
        "{what} still ran after {limit:?}, and was stopped with all that it had started:\n{output}"
    )]
    TooLong {
        what: String,
        limit: Duration,
        output: String,
    },
    /// Packages could not be had.
    #[error(
        "cannot get {what} from Debian's packages:\n{output}\n\
        Is the network up? Else give a kernel of your own: KERNEL_IMAGE=<bzImage> KERNEL_DIR=<its build folder>."
    )]
    Packages { what: String, output: String },
    /// This host is not Debian.
    #[error(
        "this host has no apt-get and dpkg-deb to fetch a kernel with\n\
        Give one of your own: KERNEL_IMAGE=<bzImage> KERNEL_DIR=<its build folder>."
    )]
    NotDebian,
    /// QEMU did not start.
    #[error("QEMU ended at once ({status}):\n{output}")]
    Qemu {
        status: std::process::ExitStatus,
        output: String,
    },
    /// No sign of life.
    #[error(
        "the kernel {image} did not start the guest within {limit:?}; it was stopped\n\
        Is it a kernel for this machine, with the 8250 serial console and devtmpfs built in? Its console:\n{console}\nLogs: {logs}"
    )]
    NoBoot {
        image: PathBuf,
        limit: Duration,
        console: String,
        logs: PathBuf,
    },
    /// Something in the guest does not end.
    #[error(
        "the virtual machine was still busy with `{step}` after {limit:?}; it was stopped\n\
        Its console:\n{console}\nLogs: {logs}\nIf it only needs longer, raise --time-limit."
    )]
    Hang {
        step: String,
        limit: Duration,
        console: String,
        logs: PathBuf,
    },
    /// The machine ended before the job did.
    #[error("the virtual machine ended during `{step}`\nIts console:\n{console}\nLogs: {logs}")]
    Died {
        step: String,
        console: String,
        logs: PathBuf,
    },
    /// Something other than frames came.
    #[error("{source}\nOnly irqlink-init may write to the guest's ttyS1. Logs: {logs}")]
    Port { source: io::Error, logs: PathBuf },
    /// The job failed in the guest.
    #[error("in the virtual machine: {why}\nLogs: {logs}")]
    Job { why: String, logs: PathBuf },
    /// The kernel complained.
    #[error("the kernel complained:\n{lines}\nLogs: {logs}")]
    KernelLog { lines: String, logs: PathBuf },
    /// A board that is reached by ssh.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// Something else, said in full.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Of `source`, while doing `what`.
    pub fn io(what: impl Into<String>, source: io::Error) -> Error {
        let what = what.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull { what },
            _ => Error::Io { what, source },
        }
    }
}

/// Adds what was done to an [`io::Error`].
pub trait Context<T> {
    /// Names what was done; called on failure only.
    fn context<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|e| Error::io(what(), e))
    }
}
