//! A socket without room: every event is delivered, or reported lost by its exact range.

use irqlink::{Agent, Options, Start};

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("congestion":
        a_full_socket_loses_nothing_unreported,
        the_last_events_of_a_burst_are_not_stranded,
    )
}

/// A receive buffer of the smallest size that the kernel gives.
const TINY: Options = Options {
    receive_buffer: Some(1),
    batch: 8,
};

fn a_full_socket_loses_nothing_unreported() -> Outcome {
    const COUNT: u64 = 10_000;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let last = first + COUNT - 1;

    let mut agent = Agent::open(TINY)?;
    agent.register(SOURCE, Start::Next)?;
    board.raise_many(COUNT as usize)?;

    let ledger = board.agent(agent.port())?.ok_or("not in the ledger")?;
    ensure!(
        ledger.raised == COUNT && ledger.no_room > 0 && ledger.retried > 0,
        "the socket never was full: {ledger:?}"
    );
    ensure!(
        ledger.raised == ledger.delivered + ledger.lost + ledger.pending,
        "the ledger does not add up: {ledger:?}"
    );

    let given = receive_to(&mut agent, last)?;
    let (received, lost) = tile(&given, first, last)?;
    ensure!(lost > 0, "10,000 events fitted a log of 1,024");

    let ledger = board.agent(agent.port())?.ok_or("not in the ledger")?;
    ensure!(
        (ledger.delivered, ledger.lost, ledger.pending) == (received, lost, 0),
        "received {received}, lost {lost}, but {ledger:?}"
    );
    Ok(())
}

/// No interrupt follows that could carry the rest along: the kernel tries again by itself.
fn the_last_events_of_a_burst_are_not_stranded() -> Outcome {
    const COUNT: u64 = 200;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let last = first + COUNT - 1;

    let mut agent = Agent::open(TINY)?;
    agent.register(SOURCE, Start::Next)?;
    board.raise_many(COUNT as usize)?;

    let ledger = board.agent(agent.port())?.ok_or("not in the ledger")?;
    ensure!(ledger.pending > 0, "the socket never was full: {ledger:?}");
    exactly(&receive_to(&mut agent, last)?, first, last)
}
