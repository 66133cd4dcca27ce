//! Every interrupt arrives once, in order and with its time, on each path.

use std::sync::mpsc;
use std::thread;

use irqlink::{Access, Agent, Device, FileReader, Options, Start};
use libtest_mimic::Failed;

use crate::board::*;
use crate::paths::{self, Open};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = trials!("delivery":
        two_consumers_do_not_disturb_each_other,
        every_path_sees_the_same_records,
    );
    for (name, open) in paths::ALL {
        tests.push(Trial::test(
            format!("delivery::each_arrives_once_and_in_order_by_{name}"),
            move || each_arrives_once_and_in_order(open),
        ));
        tests.push(Trial::test(
            format!("delivery::a_lapped_consumer_is_told_the_range_by_{name}"),
            move || a_lapped_consumer_is_told_the_range(open),
        ));
    }
    tests
}

/// Half of them one at a time, with the receiver asleep; the others in a burst.
fn each_arrives_once_and_in_order(open: Open) -> Outcome {
    const COUNT: u64 = 500;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let last = first + COUNT - 1;
    let began = now()?;

    let (arrived, arrivals) = mpsc::channel();
    let receiver = thread::spawn(move || -> Result<Vec<Given>, Failed> {
        let mut receiver = open(SOURCE, Start::Next)?;
        arrived.send(())?;
        let mut given = Vec::new();
        for seq in first..first + COUNT / 2 {
            given.append(&mut receive_to(&mut *receiver, seq)?);
            arrived.send(())?;
        }
        given.append(&mut receive_to(&mut *receiver, last)?);
        Ok(given)
    });
    arrivals.recv_timeout(LIMIT)?;
    for _ in 0..COUNT / 2 {
        board.raise()?;
        arrivals.recv_timeout(LIMIT)?;
    }
    board.raise_many(COUNT as usize / 2)?;

    let given = receiver.join().map_err(|_| "the receiver panicked")??;
    exactly(&given, first, last)?;
    stamps_are_in_order(&given, began)
}

/// No stamp goes back, and each lies between the trigger and the arrival.
fn stamps_are_in_order(given: &[Given], began: u64) -> Outcome {
    let mut before = began;
    for one in given {
        let Given::Interrupt(record, arrival) = one else {
            continue;
        };
        ensure!(
            before <= record.time_ns,
            "{}: stamp {} is before {before}",
            record.seq,
            record.time_ns
        );
        ensure!(
            before <= record.trigger_ns && record.trigger_ns <= record.time_ns,
            "{}: trigger {} is not between {before} and stamp {}",
            record.seq,
            record.trigger_ns,
            record.time_ns
        );
        ensure!(
            record.time_ns <= *arrival,
            "{}: stamp {} is after its arrival {arrival}",
            record.seq,
            record.time_ns
        );
        before = record.time_ns;
    }
    Ok(())
}

fn a_lapped_consumer_is_told_the_range(open: Open) -> Outcome {
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let capacity = u64::from(board.device().info()?.capacity);

    let mut receiver = open(SOURCE, Start::Next)?;
    let last = first + 3 * capacity - 1;
    board.raise_many(3 * capacity as usize)?;
    let given = receive_to(&mut *receiver, last)?;

    let (received, lost) = tile(&given, first, last)?;
    ensure!(
        received >= capacity && received + lost == 3 * capacity,
        "received {received}, lost {lost}, with a log of {capacity}"
    );
    ensure!(lost > 0, "three times the log was raised, and nothing lost");
    Ok(())
}

fn two_consumers_do_not_disturb_each_other() -> Outcome {
    const COUNT: usize = 300;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let last = first + COUNT as u64 - 1;

    let mut idle = Agent::open(Options::default())?;
    idle.register(SOURCE, Start::Next)?;
    let mut sleeper = FileReader::new(Device::open(SOURCE, Access::Read)?, Start::Next)?;
    let mut busy = Agent::open(Options::default())?;
    busy.register(SOURCE, Start::Next)?;

    let mut given = Vec::new();
    for seq in first..=last {
        board.raise()?;
        given.append(&mut receive_to(&mut busy, seq)?);
    }
    exactly(&given, first, last)?;
    exactly(&receive_to(&mut sleeper, last)?, first, last)?;
    exactly(&receive_to(&mut idle, last)?, first, last)
}

fn every_path_sees_the_same_records() -> Outcome {
    const COUNT: usize = 50;
    let board = Board::open(SOURCE)?;
    let last = board.head()? + COUNT as u64;
    let mut receivers = Vec::new();
    for (_, open) in paths::ALL {
        receivers.push(open(SOURCE, Start::Next)?);
    }
    board.raise_many(COUNT)?;

    let mut all = Vec::new();
    for receiver in &mut receivers {
        let records: Vec<_> = receive_to(&mut **receiver, last)?
            .into_iter()
            .filter_map(|one| match one {
                Given::Interrupt(record, _) => Some(record),
                _ => None,
            })
            .collect();
        all.push(records);
    }
    ensure!(all[0].len() == COUNT, "{} arrived", all[0].len());
    for (records, (name, _)) in all.iter().zip(paths::ALL) {
        ensure!(*records == all[0], "{name} gave other records than netlink");
    }
    Ok(())
}
