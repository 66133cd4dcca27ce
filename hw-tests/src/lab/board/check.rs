//! A test of it all: the lab's virtual board, reached by ssh as a real one.

use std::fs;
use std::time::Duration;

use super::{Address, BoardTest, Outcome, Ssh, VirtualBoard, outcome};
use crate::error::{Error, Result};
use crate::kernel::Flavour;
use crate::paths;
use crate::progress::Progress;
use crate::rigs;
use crate::suite::Tally;

/// Rigs that differ in what a board needs for them.
const RIGS: [&str; 3] = ["edu", "gpio-sim", "sim"];
/// Lists what a test may have left.
const LEFT: &str = "grep ^irqlink /proc/modules; ls -d /tmp/irqlink-* 2>/dev/null; true";
/// How long the board may be up.
const LIMIT: Duration = Duration::from_secs(600);
/// How long the tests may take by the board's clock, which is fast if this host was busy when the board
/// measured it.
const TEST_LIMIT: Duration = Duration::from_secs(3600);

/// Tests the rigs; fails, too, if what is brought back does not tell the same.
pub fn check(flavour: Flavour, progress: Progress) -> Result<Tally> {
    let board = VirtualBoard::new(flavour, LIMIT, progress)?;
    let modules = board.modules(progress)?;
    let mut output = Vec::new();
    let came = board.with(progress, |address: Address| {
        let test = BoardTest {
            address: address.clone(),
            rigs: RIGS.map(|rig| rigs::find(rig.as_ref())).into(),
            modules: Some(modules),
            kernel_dir: None,
            programs: None,
            arguments: vec!["rig::".into()],
            time_limit: TEST_LIMIT,
            results: paths::root().join("target/board/virtual"),
        };
        let came = test.run(progress, &mut |bytes| output.extend_from_slice(bytes))?;
        match Ssh::connect(address)?.output(LEFT)?.trim() {
            "" => Ok(came),
            left => Err(Error::Other(format!("this is left on the board:\n{left}"))),
        }
    })?;
    let output = String::from_utf8_lossy(&output).into_owned();
    let failure = came.failure.clone();
    let tally = Tally::of_libtest(
        output + failure.as_deref().unwrap_or_default(),
        failure.is_none(),
    )
    .strict(flavour);
    if tally.failed == 0 {
        agree(&came, tally.passed)?;
    }
    Ok(tally)
}

/// Whether the files have come, and tell of as many tests that passed.
fn agree(came: &Outcome, passed: u32) -> Result<()> {
    let files = came.files();
    let text = |name: &str| {
        let file = files.iter().find(|file| file.ends_with(name));
        let text = file.and_then(|file| fs::read_to_string(file).ok());
        text.ok_or_else(|| Error::Other(format!("{name} was not brought back")))
    };
    text(outcome::KERNEL_LOG)?;
    text(outcome::REPORT)?;
    let is_passed = |line: &&str| line.starts_with("ok ") && !line.contains(" # SKIP ");
    let ktap = text(outcome::KTAP)?.lines().filter(is_passed).count();
    let junit = text(outcome::JUNIT)?;
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
