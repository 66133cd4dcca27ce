//! The KUnit tests of the modules.

use std::fs;

use irqlink_hw_tests::job::{Job, Module};

use crate::error::{Context, Result};
use crate::kernel::Flavour;
use crate::ktap;
use crate::progress::Progress;
use crate::suite::Tally;
use crate::test_board::TestBoard;

const MODULE: &str = "irqlink_kunit";
/// Where the suite's results stand in the guest.
const RESULTS: &str = "/sys/kernel/debug/kunit/irqlink_log/results";

/// Runs them on a kernel with KUnit.
pub fn run(flavour: Flavour, progress: Progress) -> Result<Tally> {
    let job = Job {
        modules: vec![Module {
            name: MODULE.into(),
            ..Module::default()
        }],
        collect: vec![RESULTS.into()],
        ..Job::default()
    };
    let board = TestBoard {
        flavour,
        accel: None,
        job: &job,
        modules: Vec::new(),
        name: "kunit",
    };
    let outcome = board.run(progress, &mut |_| {})?;
    outcome.check()?;
    let results = outcome.logs.join("results");
    let text = fs::read_to_string(&results);
    Ok(ktap::tally(&text.context(|| {
        format!("cannot read {}", results.display())
    })?))
}
