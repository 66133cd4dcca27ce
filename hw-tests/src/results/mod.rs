//! What came of tests, and the files that tell it: KTAP and JUnit XML.

mod junit;
mod ktap;

use std::io;
use std::time::Duration;

pub use junit::Junit;
pub use ktap::Ktap;

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Its name, `topic::test`.
    pub name: String,
    /// How long it took.
    pub time: Duration,
    /// Whether it passed.
    pub verdict: Verdict,
}

/// Whether a test passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Passed,
    /// It did not, and why.
    Failed(String),
    /// It was not run, and why.
    Skipped(String),
}

/// A file of results. It is whole after each test, so that nothing is lost if the next one takes
/// the board down.
pub trait Report: Send {
    /// Enters one more.
    fn add(&mut self, result: &TestResult) -> io::Result<()>;
}
