//! Stamps go forward, and lie between the cause and the receipt.

use super::seen::Seen;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named};
use crate::board::ensure;
use crate::paths::netlink;

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![stamps_go_forward_and_precede_the_receipt]
}

fn stamps_go_forward_and_precede_the_receipt(stand: &mut Stand) -> Outcome {
    let seen = Seen::by(netlink, stand)?;
    let mut before = 0;
    for (record, arrival) in seen.records() {
        let made = seen.made.get((record.seq - seen.first) as usize);
        let earliest = before.max(made.copied().unwrap_or(0));
        ensure!(
            earliest <= record.time_ns && record.time_ns <= arrival,
            "not between {earliest} and the receipt at {arrival}: {record:?}"
        );
        ensure!(
            record.trigger_ns <= record.time_ns,
            "stamped before its trigger: {record:?}"
        );
        before = record.time_ns;
    }
    DONE
}
