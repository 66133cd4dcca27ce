//! What came of tests on a board.

use std::fs;
use std::path::{Path, PathBuf};

use irqlink_hw_tests::remote;

use super::error::BoardError;
use crate::cache;
use crate::console;
use crate::error::{Context, Error, Result};

/// Files that come back.
pub const KTAP: &str = "tests.ktap";
/// The results again.
pub const JUNIT: &str = "junit.xml";
/// Of irqlink-bench, where the source can raise its own interrupt.
pub const REPORT: &str = "report.json";
/// What the kernel logged meanwhile.
pub const KERNEL_LOG: &str = "kernel.log";

/// What came of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why the tests have failed, if they have.
    pub failure: Option<String>,
    /// Where the results are.
    pub results: PathBuf,
}

impl Outcome {
    /// Of the exit status of the program on the board, and what was brought back.
    ///
    /// # Errors
    /// If the tests were not run. The program has said why.
    pub fn new(code: i32, results: &Path) -> Result<Outcome> {
        let not_tried = code == i32::from(remote::FAILED);
        let failure = match (complaints(results), code) {
            (Ok(Some(complaints)), _) => Some(complaints),
            _ if not_tried => {
                return Err(Error::Other(
                    "the tests could not be tried, see above".into(),
                ));
            }
            (Err(e), _) => return Err(e),
            (Ok(None), 0) => None,
            (Ok(None), code) => Some(match u8::try_from(code) {
                Ok(remote::TIMED_OUT) => "the tests took too long".into(),
                Ok(remote::BROKEN_OFF) => "the tests were broken off, see above".into(),
                _ => format!("tests failed (exit status {code})"),
            }),
        };
        Ok(Outcome {
            failure,
            results: results.into(),
        })
    }

    /// Of tests under which the board was lost, with what it has left.
    pub fn lost(lost: &BoardError, results: &Path) -> Outcome {
        let complaints = complaints(results).ok().flatten();
        let complaints = complaints.map_or(String::new(), |complaints| format!("\n{complaints}"));
        Outcome {
            failure: Some(format!("while the tests ran, {lost}{complaints}")),
            results: results.into(),
        }
    }

    /// Of a virtual board whose kernel has complained or gone down. Any other error is handed back.
    pub fn gone_down(error: Error, results: &Path) -> Result<Outcome> {
        match error {
            Error::KernelLog { .. } | Error::Died { .. } | Error::Hang { .. } => Ok(Outcome {
                failure: Some(error.to_string()),
                results: results.into(),
            }),
            error => Err(error),
        }
    }

    /// The files that have come back.
    pub fn files(&self) -> Vec<PathBuf> {
        [KTAP, JUNIT, REPORT, KERNEL_LOG]
            .map(|name| self.results.join(name))
            .into_iter()
            .filter(|file| file.exists())
            .collect()
    }
}

/// What the kernel has complained of in the log that was brought back, in words.
fn complaints(results: &Path) -> Result<Option<String>> {
    let log = results.join(KERNEL_LOG);
    let log = fs::read(&log).context(|| format!("cannot read {}", log.display()))?;
    let log = String::from_utf8_lossy(&log);
    let lines = console::complaints(&log);
    Ok((!lines.is_empty()).then(|| format!("the kernel complained:\n{}", lines.join("\n"))))
}

/// Makes an empty folder.
pub fn empty(folder: &Path) -> Result<()> {
    cache::remove(folder)?;
    fs::create_dir_all(folder).context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: i32, log: &str) -> Result<Outcome> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KERNEL_LOG), log).unwrap();
        let outcome = Outcome::new(code, folder.path());
        if let Ok(outcome) = &outcome {
            assert_eq!(outcome.files(), [folder.path().join(KERNEL_LOG)]);
        }
        outcome
    }

    #[test]
    fn what_the_kernel_complains_of_fails_tests_that_passed() {
        const LOG: &str = "[    1.0] irqlink: loaded\n";
        assert_eq!(outcome(0, LOG).unwrap().failure, None);
        let failure = outcome(0, "[    1.0] WARNING: CPU: 0\n").unwrap().failure;
        assert!(failure.unwrap().contains("WARNING: CPU: 0"));
        assert!(outcome(101, LOG).unwrap().failure.unwrap().contains("101"));
        let failure = |code| outcome(code, LOG).unwrap().failure.unwrap();
        assert!(failure(124).contains("too long"));
        assert!(failure(123).contains("broken off"));
        assert!(outcome(125, LOG).is_err());
    }

    #[test]
    fn what_the_kernel_complains_of_comes_first() {
        const LOG: &str = "[    1.0] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI\n";
        for code in [101, 123, 124, 125] {
            let failure = outcome(code, LOG).unwrap().failure.unwrap();
            assert!(failure.contains("Oops: 0000"), "{failure}");
        }
    }

    #[test]
    fn a_virtual_board_that_goes_down_has_failed_and_one_that_never_came_up_was_not_tried() {
        let died = Error::Died {
            step: "/bin/sh".into(),
            console: "Kernel panic".into(),
            logs: "logs".into(),
        };
        let outcome = Outcome::gone_down(died, Path::new("results")).unwrap();
        assert!(outcome.failure.unwrap().contains("Kernel panic"));
        assert!(Outcome::gone_down(Error::NotDebian, Path::new("results")).is_err());
    }
}
