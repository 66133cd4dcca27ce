//! Why a command failed, in words that say what to do next, and its exit code.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use irqlink::realtime::Step;
use nix::errno::Errno;

use crate::compare::Difference;
use crate::instructions::Mismatch;
use crate::load::Load;
use crate::report::Report;
use crate::say::say;
use crate::stop;

/// Result of this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit codes, as `irqlink-bench --help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done; every event arrived, but for what baselines lose of bursts, and what is lost at too high a rate
  1    failed
  2    wrong usage
  3    the kernel module is not loaded, or of another version
  4    no such source
  5    no permission
  6    events were lost or came twice; the report is written and says how many
  7    the source is gone: its device or driver was removed
  8    a path that was asked for is not to be had here; the report has the others
  9    an event took longer than --stop-above; the report is written, marked partial, and says which
  10   reports that do not go together: other machines or settings, nothing in common
  11   a file cannot be read or written, such as on a full disk, or is no report
  130  ended by Ctrl-C or SIGTERM; the report is written and marked partial";

/// The exit code of a run that made this report; whether it lacks a path that was asked for.
pub fn code(report: &Report, lacks: bool) -> ExitCode {
    ExitCode::from(match report.is_complete() {
        _ if stop::requested() => STOPPED,
        _ if !report.stopped.is_empty() => EXCEEDED,
        false => LOST,
        true if lacks => NOT_HERE,
        true => return ExitCode::SUCCESS,
    })
}

/// Exit code: wrong usage, as that of clap.
const USAGE: u8 = 2;
/// Exit code: all done, but events were lost or came twice.
const LOST: u8 = 6;
/// Exit code: a path that was asked for is not to be had here.
pub const NOT_HERE: u8 = 8;
/// Exit code: an event took longer than `--stop-above` allows.
const EXCEEDED: u8 = 9;
/// Exit code: reports that do not go together.
const UNLIKE: u8 = 10;
/// Exit code: trouble with a file.
const FILE: u8 = 11;
/// Exit code: ended by Ctrl-C or SIGTERM.
const STOPPED: u8 = 130;

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library says so.
    #[error(transparent)]
    Library(#[from] irqlink::Error),

    /// No source can raise its own interrupt.
    #[error(
        "no source can raise its own interrupt{}; load a driver for a device that can (modprobe irqlink_pci), or name a source whose interrupts come from outside (--source); see `irqlink sources`",
        if known.is_empty() { String::new() } else { format!(" (there are: {})", known.join(", ")) }
    )]
    NoTrigger {
        /// Names of the sources that exist.
        known: Vec<String>,
    },

    /// A path is not to be had here.
    #[error("{path} is not to be had here: {why}; see `irqlink-bench paths`")]
    NotHere {
        /// Name of the path.
        path: &'static str,
        /// Why not.
        why: String,
    },

    /// A limit that could be exceeded only by events that count as lost.
    #[error(
        "--stop-above must be less than --timeout ({} ms), beyond which an event counts as lost; lower it, or raise --timeout",
        .0.as_millis()
    )]
    BeyondTimeout(Duration),

    /// Pulling a simulated GPIO line raises no event.
    #[error(
        "no edge of the GPIO line of {0} raises its interrupt; is it masked? see `irqlink sources`"
    )]
    NoEdge(String),

    /// None of a row's events came.
    #[error(
        "{path}: none of {raised} interrupts of {source_name} arrived; check the device and the ledger (`irqlink doctor`, `irqlink stats {source_name}`), or allow more time (--timeout)"
    )]
    NothingArrived {
        /// Name of the path.
        path: &'static str,
        /// Name of the source.
        source_name: String,
        /// Interrupts asked for.
        raised: u64,
    },

    /// Many events in a row did not come.
    #[error(
        "{path}: {missing} interrupts in a row did not arrive, so it was given up; check the device and the ledger (`irqlink doctor`, `irqlink stats`), or allow more time (--timeout)"
    )]
    GivenUp {
        /// Name of the path.
        path: &'static str,
        /// Interrupts asked for in vain.
        missing: u64,
    },

    /// The receiver is still busy, so that it would not be woken.
    #[error(
        "{path}: the receiver did not go to sleep within {seconds} s; is something else raising interrupts of the source, or using the receiver's CPU?"
    )]
    NeverAsleep {
        /// Name of the path.
        path: &'static str,
        /// Time allowed.
        seconds: f64,
    },

    /// The clock does not count instructions.
    #[error(
        "path lengths cannot be measured here: {0}; they need a VM whose clock counts instructions (QEMU: -accel tcg -icount shift=0,sleep=off -smp 1, kernel parameter tsc=reliable); use --measure time"
    )]
    NoPathLength(Mismatch),

    /// A real-time setting is not in effect.
    #[error(
        "{}: asked for {}, in effect is {}; {}, or do without (--priority 0, no --cpu, no --dma-latency)",
        .0.name, .0.asked, .0.effective, .0.advice.as_deref().unwrap_or_default()
    )]
    RealTime(Step),

    /// A report cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// A file is not a report.
    #[error("{} is not a report of irqlink-bench: {why}; make one with `irqlink-bench run --json FILE`", path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },

    /// What is to be written would replace a report.
    #[error(
        "{} is a report, and would be replaced; to read it, put it before the options, or write to standard output by --json=-; to replace it, remove it first",
        .0.display()
    )]
    OverReport(PathBuf),

    /// Reports that must not stand in one table.
    #[error("these reports do not go together: {0}")]
    Unlike(String),

    /// Reports that are not to be compared without a word.
    #[error(
        "the environments are not alike, which may be why figures differ; to compare them nevertheless, use --force. What differs (first | second):{}",
        .0.iter().map(|one| format!("\n  {one}")).collect::<String>()
    )]
    UnlikeEnvironments(Vec<Difference>),

    /// The output cannot be written.
    #[error("cannot write {path}: {}", write_advice(source))]
    Write {
        /// File, or what stands for it.
        path: String,
        /// Why.
        source: io::Error,
    },

    /// A load cannot be made.
    #[error("cannot put the machine under load ({}, by {program}): {why}", load.name())]
    Load {
        /// The load.
        load: Load,
        /// What should make it.
        program: String,
        /// Why it does not.
        why: String,
    },

    /// There are no simulated sources.
    #[error(
        "cannot simulate a source: {0}; load the driver (modprobe irqlink_sim), and run as root"
    )]
    NoSimulation(#[source] irqlink::Error),

    /// A simulated source raised nothing.
    #[error("the simulated source raised no event; see the kernel's log (dmesg)")]
    NothingSimulated,

    /// A consumer does not keep up with bursts.
    #[error(
        "the consumer is not done with a burst of {length} events when the next one comes, however late; is something else using the CPUs?"
    )]
    TooSlow {
        /// Events in a burst.
        length: u32,
    },

    /// Tracing is not to be had.
    #[error(
        "cannot trace: {path}: {source}; run as root, with tracefs mounted (mount -t tracefs none /sys/kernel/tracing) and the module irqlink loaded"
    )]
    Tracing {
        /// File in tracefs.
        path: String,
        /// Why.
        source: io::Error,
    },

    /// Any other failure of a system call.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// The first error. The others are said at once.
///
/// # Errors
/// That one.
pub fn first(outcomes: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let mut errors = outcomes.into_iter().filter_map(Result::err);
    let first = errors.next();
    errors.for_each(say);
    first.map_or(Ok(()), Err)
}

impl Error {
    /// Names what was being done when a system call failed; for `map_err`.
    pub fn system<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Error {
        move |source| Error::System {
            doing,
            source: source.into(),
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Error::Library(error) => library_code(error),
            Error::Tracing { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => 5,
            Error::NothingArrived { .. } | Error::GivenUp { .. } => LOST,
            Error::BeyondTimeout(_) | Error::OverReport(_) => USAGE,
            Error::NotHere { .. } => NOT_HERE,
            Error::Unreadable { .. } | Error::NotAReport { .. } | Error::Write { .. } => FILE,
            Error::Unlike(_) | Error::UnlikeEnvironments(_) => UNLIKE,
            _ => 1,
        }
    }
}

fn library_code(error: &irqlink::Error) -> u8 {
    use irqlink::Error::*;
    match error {
        ModuleMissing | AbiVersion { .. } | FamilyVersion { .. } | RecordSize { .. } => 3,
        UnknownSource { .. } | NotASource { .. } => 4,
        Permission { .. } => 5,
        Refused {
            errno: Errno::EPERM | Errno::EACCES,
            ..
        } => 5,
        Gone { .. } => 7,
        _ => 1,
    }
}

fn write_advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full; make room, or name a file on another one".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "no permission to; name a file in a folder of yours".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named() {
        let error = Error::Write {
            path: "r.json".into(),
            source: Errno::ENOSPC.into(),
        };
        assert_eq!(
            error.to_string(),
            "cannot write r.json: the disk is full; make room, or name a file on another one"
        );
    }

    #[test]
    fn a_missing_module_has_its_own_exit_code() {
        assert_eq!(Error::from(irqlink::Error::ModuleMissing).code(), 3);
    }
}
