//! An agent dies, and another goes on where it was.

use irqlink::{Agent, Options, Start};

use super::seen::account;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named};
use crate::board::{drain, ensure, wait_until};
use crate::watch::Watch;

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![a_killed_agent_is_replaced_without_a_gap]
}

fn a_killed_agent_is_replaced_without_a_gap(stand: &mut Stand) -> Outcome {
    // All of them fit the log.
    let part = (stand.rig().events / 3).clamp(1, 20);
    let first = stand.board.head()? + 1;
    let mut watch = Watch::start(&stand.source, &[])?;
    stand.make(part)?;
    watch.kill()?;
    stand.make(part)?;

    let mut agent = Agent::open(Options::default())?;
    agent.register(&stand.source, Start::At(first))?;
    stand.make(part)?;
    let last = stand.board.head()?;
    let mut given = Vec::new();
    wait_until("the next agent has all", || {
        given.append(&mut drain(&mut agent)?);
        Ok(account(&given, first, last).is_ok())
    })?;
    let (_, lost) = account(&given, first, last)?;
    let allowed = stand.rig().limits.lost;
    ensure!(lost <= allowed, "{lost} events were lost, {allowed} may be");
    DONE
}
