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
        // What comes by itself goes on: then what was received lies between two looks at the ledger.
        wait_until("the ledger says what was received", || {
            let before = audit(stand, agent.port())?;
            given.append(&mut drain(agent)?);
            let after = audit(stand, agent.port())?;
            let Ok((received, lost)) = account(&given, first, last) else {
                return Ok(false);
            };
            Ok((before.delivered..=after.delivered).contains(&received)
                && (before.lost..=after.lost).contains(&lost)
                && (!stand.is_driven() || before == after))
        })?;
    }
    DONE
}

/// Fails unless raised = delivered + lost + pending, for each consumer at this moment; gives the ledger of
/// the agent with that port.
fn audit(stand: &Stand, port: u32) -> Result<Consumer, Failed> {
    let consumers = Control::open()?.consumers(Some(stand.board.device().source()))?;
    for consumer in &consumers {
        let told = consumer.delivered + consumer.lost + consumer.pending;
        ensure!(
            consumer.kind == ConsumerKind::Ring || consumer.raised == told,
            "the ledger does not add up: {consumer:?}"
        );
    }
    let mut agents = consumers.into_iter().filter(|one| one.port == port);
    Ok(agents.next().ok_or("no such agent")?)
}
