//! The ledger adds up: raised = delivered + lost.

use irqlink::{Agent, Consumer, ConsumerKind, Control, Options, Start};
use libtest_mimic::Failed;

use super::seen::account;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named};
use crate::board::{drain, ensure, wait_until};

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![the_ledger_adds_up]
}

/// Of an agent that receives everything, and of one whose socket has next to no room.
fn the_ledger_adds_up(stand: &mut Stand) -> Outcome {
    let first = stand.board.head()? + 1;
    let mut agent = Agent::open(Options::default())?;
    agent.register(&stand.source, Start::At(first))?;
    let mut cramped = Agent::open(Options {
        receive_buffer: Some(1),
        batch: 8,
    })?;
    cramped.register(&stand.source, Start::At(first))?;
    stand.make(stand.rig().events)?;

    let last = stand.board.head()?;
    for agent in [&mut agent, &mut cramped] {
        let mut given = Vec::new();
        // What comes by itself goes on: then the ledger is looked at until nothing came in between.
        wait_until("the ledger says what was received", || {
            given.append(&mut drain(agent)?);
            audit(stand)?;
            let Ok((received, lost)) = account(&given, first, last) else {
                return Ok(false);
            };
            let ledger = stand.board.agent(agent.port())?.ok_or("no such agent")?;
            Ok((ledger.delivered, ledger.lost) == (received, lost)
                && ledger.raised == received + lost)
        })?;
    }
    DONE
}

/// Fails unless raised = delivered + lost + pending, for each consumer at this moment.
fn audit(stand: &Stand) -> Result<(), Failed> {
    for consumer in Control::open()?.consumers(Some(stand.board.device().source()))? {
        let Consumer {
            kind,
            raised,
            delivered,
            lost,
            pending,
            ..
        } = consumer;
        ensure!(
            kind == ConsumerKind::Ring || raised == delivered + lost + pending,
            "the ledger does not add up: {consumer:?}"
        );
    }
    Ok(())
}
