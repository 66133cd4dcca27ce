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
        let log = results.join(KERNEL_LOG);
        let log = fs::read(&log).context(|| format!("cannot read {}", log.display()));
        if code == i32::from(remote::FAILED) {
            return Err(Error::Other(
                "the tests could not be tried, see above".into(),
            ));
        }
        let log = String::from_utf8_lossy(&log?).into_owned();
        let failure = match (console::complaints(&log)[..].join("\n"), code) {
            (lines, _) if !lines.is_empty() => Some(format!("the kernel complained:\n{lines}")),
            (_, 0) => None,
            (_, code) if code == i32::from(remote::TIMED_OUT) => {
                Some("the tests took too long".into())
            }
            (_, code) => Some(format!("tests failed (exit status {code})")),
        };
        Ok(Outcome {
            failure,
            results: results.into(),
        })
    }

    /// Of tests under which the connection was lost.
    pub fn lost(lost: &BoardError, results: &Path) -> Outcome {
        Outcome {
            failure: Some(format!("while the tests ran, {lost}")),
            results: results.into(),
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
        assert!(
            outcome(124, LOG)
                .unwrap()
                .failure
                .unwrap()
                .contains("too long")
        );
        assert!(outcome(125, LOG).is_err());
    }
}
