//! Events as fast as the rig makes them.

use irqlink::Start;

use super::seen::account;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named, skip};
use crate::board::{Given, drain, ensure, wait_until};
use crate::paths;

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![a_burst_reaches_every_path]
}

/// A device may merge interrupts that come too fast, but each path is given the same.
fn a_burst_reaches_every_path(stand: &mut Stand) -> Outcome {
    if !stand.is_driven() {
        return skip("the rig only listens");
    }
    let first = stand.board.head()? + 1;
    let mut receivers = Vec::new();
    for (name, open) in paths::ALL {
        receivers.push((name, open(&stand.source, Start::At(first))?, Vec::new()));
    }
    let made = stand.make_at_once(stand.rig().events)?;
    let mut last = 0;
    wait_until("every path has all events", || {
        last = stand.board.head()?;
        for (_, receiver, given) in &mut receivers {
            given.append(&mut drain(&mut **receiver)?);
        }
        let has_all = |given: &Vec<Given>| account(given, first, last).is_ok();
        Ok(last >= first && receivers.iter().all(|(_, _, given)| has_all(given)))
    })?;
    ensure!(
        last < first + made,
        "{made} events were made, {} came",
        last + 1 - first
    );
    for (name, _, given) in &receivers {
        let (received, lost) = account(given, first, last)?;
        ensure!(received > 0, "{name} was given nothing, and lost {lost}");
    }
    DONE
}
