//! MSI-X: each vector is a source of its own. A process outside the board rings them.

use irqlink::{Access, Agent, Device, FileReader, Options, Start};
use irqlink_hw_tests::ring::Ring;
use libtest_mimic::Failed;

use crate::board::*;
use crate::qmp::Qmp;

/// Vectors of the board's ivshmem device.
const VECTORS: usize = 8;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        a_ring_reaches_the_source_of_its_vector_only,
        rings_of_all_vectors_arrive_once_and_in_order,
        a_vector_cannot_be_triggered_from_inside,
    )
}

/// The source of a vector.
fn name(vector: usize) -> String {
    format!("ivshmem{vector}")
}

fn boards() -> Result<Vec<Board>, Failed> {
    (0..VECTORS)
        .map(|vector| Board::open(&name(vector)))
        .collect()
}

fn heads(boards: &[Board]) -> Result<Vec<u64>, Failed> {
    boards.iter().map(Board::head).collect()
}

/// Rings once and waits until the log has it: two rings at a time may reach the device as one.
fn ring(qmp: &mut Qmp, boards: &[Board], vector: usize) -> Outcome {
    let before = boards[vector].head()?;
    ensure!(qmp.ring(Ring::once(vector))? == 1, "the lab did not ring");
    wait_until("the ring arrives", || Ok(boards[vector].head()? > before))
}

fn a_ring_reaches_the_source_of_its_vector_only() -> Outcome {
    let mut qmp = Qmp::open()?;
    let boards = boards()?;
    for vector in 0..VECTORS {
        let mut expected = heads(&boards)?;
        expected[vector] += 1;
        ring(&mut qmp, &boards, vector)?;
        let heads = heads(&boards)?;
        ensure!(
            heads == expected,
            "after a ring of {vector}: {heads:?}, not {expected:?}"
        );
    }
    Ok(())
}

fn rings_of_all_vectors_arrive_once_and_in_order() -> Outcome {
    const ROUNDS: u64 = 20;
    let mut qmp = Qmp::open()?;
    let boards = boards()?;
    let before = heads(&boards)?;
    let mut agent = Agent::open(Options::default())?;
    let mut readers = Vec::new();
    for vector in 0..VECTORS {
        agent.register(&name(vector), Start::Next)?;
        let device = Device::open(name(vector), Access::Read)?;
        readers.push(FileReader::new(device, Start::Next)?);
    }

    for _round in 0..ROUNDS {
        for vector in 0..VECTORS {
            ring(&mut qmp, &boards, vector)?;
        }
    }

    let all = VECTORS * ROUNDS as usize;
    let by_netlink = receive(&mut agent, |given| given.len() >= all)?;
    for (vector, mut reader) in readers.into_iter().enumerate() {
        let (first, last) = (before[vector] + 1, before[vector] + ROUNDS);
        let source = boards[vector].device().source();
        let of_source: Vec<Given> = by_netlink
            .iter()
            .filter(|one| matches!(one, Given::Interrupt(record, _) if record.source == source))
            .cloned()
            .collect();
        exactly(&of_source, first, last)?;
        exactly(&receive_to(&mut reader, last)?, first, last)?;
    }
    ensure!(by_netlink.len() == all, "{} events came", by_netlink.len());
    Ok(())
}

/// It has no register for that, and says so.
fn a_vector_cannot_be_triggered_from_inside() -> Outcome {
    let board = Board::open(&name(0))?;
    let head = board.head()?;
    let result = board.device().trigger();
    ensure!(result.is_err(), "it could be triggered");
    ensure!(board.head()? == head, "there was an event");
    Ok(())
}
