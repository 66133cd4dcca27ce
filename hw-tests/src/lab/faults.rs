//! Sees that defects of a module fail a run: loads one that is full of them.

use irqlink_hw_tests::job::{Job, Module};

use crate::error::{Error, Result};
use crate::kernel::{Flavour, Kernel};
use crate::progress::Progress;
use crate::test_board::TestBoard;
use crate::test_module;

const NAME: &str = "faults";
/// What the kernel complains about, in the order of hw-tests/faults/faults.c.
const COMPLAINTS: [&str; 6] = [
    "possible circular locking dependency",
    "BUG: scheduling while atomic",
    "UBSAN: shift-out-of-bounds",
    "WARNING: CPU",
    "BUG: KASAN: slab-out-of-bounds",
    "unreferenced object",
];

/// Fails if one of the defects is not among the complaints about the run, or the run does not fail.
pub fn check(flavour: Flavour, progress: Progress) -> Result<()> {
    let job = Job {
        modules: vec![Module {
            name: NAME.into(),
            ..Module::default()
        }],
        ..Job::default()
    };
    let board = TestBoard {
        flavour,
        accel: None,
        job: &job,
        modules: vec![test_module::build(NAME, &Kernel::find(flavour, progress)?)?],
        name: NAME,
    };
    let outcome = board.run(progress, &mut |_| {})?;
    let is_heard = |text: &&str| outcome.complaints.iter().any(|line| line.contains(text));
    let unheard: Vec<&str> = COMPLAINTS
        .into_iter()
        .filter(|text| !is_heard(text))
        .collect();
    match (outcome.check(), unheard.is_empty()) {
        (Err(Error::KernelLog { .. }), true) => Ok(()),
        (result, _) => Err(Error::Other(format!(
            "nothing was heard of: {}\n{}",
            unheard.join(", "),
            result.map_or_else(|e| e.to_string(), |()| "the run passed".into())
        ))),
    }
}
