//! A test of it all: the lab's virtual board, reached by ssh as a real one.

use std::fs;
use std::time::Duration;

use super::{Address, BoardTest, Outcome, VirtualBoard};
use crate::error::{Error, Result};
use crate::kernel::Flavour;
use crate::paths;
use crate::progress::Progress;
use crate::rigs;
use crate::suite::Tally;

/// Rigs that differ in what a board needs for them.
const RIGS: [&str; 3] = ["edu", "gpio-sim", "sim"];
/// How long the tests may take, and the board be up.
const LIMIT: Duration = Duration::from_secs(300);

/// Tests the rigs; fails, too, if what is brought back does not tell the same.
pub fn check(flavour: Flavour, progress: Progress) -> Result<Tally> {
    let board = VirtualBoard::new(flavour, 2 * LIMIT, progress)?;
    let modules = board.modules(progress)?;
    let mut output = Vec::new();
    let outcome = board.with(progress, |address: Address| {
        let test = BoardTest {
            address,
            rigs: RIGS.map(|rig| rigs::find(rig.as_ref())).into(),
            modules: Some(modules),
            kernel_dir: None,
            programs: None,
            arguments: vec!["rig::".into()],
            time_limit: LIMIT,
            results: paths::root().join("target/board/virtual"),
        };
        test.run(progress, &mut |bytes| output.extend_from_slice(bytes))
    })?;
    let output = String::from_utf8_lossy(&output).into_owned();
    let failure = outcome.failure.clone();
    let tally = Tally::of_libtest(
        output + failure.as_deref().unwrap_or_default(),
        failure.is_none(),
    );
    agree(&outcome, tally.passed)?;
    Ok(tally)
}

/// Whether the files have come, and tell of as many tests that passed.
fn agree(outcome: &Outcome, passed: u32) -> Result<()> {
    let files = outcome.files();
    let text = |name: &str| {
        let file = files.iter().find(|file| file.ends_with(name));
        let text = file.and_then(|file| fs::read_to_string(file).ok());
        text.ok_or_else(|| Error::Other(format!("{name} was not brought back")))
    };
    text(super::outcome::KERNEL_LOG)?;
    text(super::outcome::REPORT)?;
    let is_passed = |line: &&str| line.starts_with("ok ") && !line.contains(" # SKIP ");
    let ktap = text(super::outcome::KTAP)?
        .lines()
        .filter(is_passed)
        .count();
    let junit = text(super::outcome::JUNIT)?;
    let junit = junit.matches("<testcase ").count()
        - junit.matches("<skipped ").count()
        - junit.matches("<failure ").count();
    match (ktap, junit) == (passed as usize, passed as usize) {
        true => Ok(()),
        false => Err(Error::Other(format!(
            "{passed} tests passed, {ktap} of them by KTAP, {junit} by JUnit XML"
        ))),
    }
}
