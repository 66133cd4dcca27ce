//! Tests of a rig: the same for every source, whatever makes its interrupts.

mod burst;
mod delivery;
mod edges;
mod ledger;
mod measure;
mod rates;
mod seen;
mod stamps;
mod stand;
mod stimulus;
mod takeover;

use std::path::PathBuf;
use std::sync::Arc;

use irqlink_hw_tests::rig::Rig;
use libtest_mimic::{Completion, Failed};

use crate::board::Trial;
use stand::Stand;

/// A rig to be tested.
pub struct Case {
    /// The rig.
    pub rig: Rig,
    /// Where the report of the measurement goes, if anybody wants it.
    pub report: Option<PathBuf>,
}

/// Result of a test that may find that the rig cannot do it.
type Outcome = Result<Completion, Failed>;

/// It passed.
const DONE: Outcome = Ok(Completion::Completed);

/// It cannot be tested with this rig, or on this board.
fn skip(why: impl Into<String>) -> Outcome {
    Ok(Completion::ignored_with(why.into()))
}

/// A test and its name.
type Test = (String, Box<dyn FnOnce(&mut Stand) -> Outcome + Send>);

fn test(name: impl Into<String>, run: impl FnOnce(&mut Stand) -> Outcome + Send + 'static) -> Test {
    (name.into(), Box::new(run))
}

/// Tests by the names of their functions.
macro_rules! named {
    ($($test:ident),+ $(,)?) => { vec![$($crate::rig::test(stringify!($test), $test)),+] };
}
use named;

/// The tests of a rig. Each sets it up on the board, and leaves nothing of it.
pub fn tests(case: &Arc<Case>) -> Vec<Trial> {
    [
        delivery::tests(),
        edges::tests(),
        stamps::tests(),
        burst::tests(),
        ledger::tests(),
        takeover::tests(),
        rates::tests(),
        measure::tests(),
    ]
    .into_iter()
    .flatten()
    .map(|(name, run)| {
        let case = case.clone();
        Trial::skippable(
            format!("rig::{}::{name}", case.rig.name),
            move || match Stand::missing(&case.rig) {
                Some(why) => skip(why),
                None => run(&mut Stand::new(&case)?),
            },
        )
    })
    .collect()
}
