//! What was asked for is what arrives, from one source and from many.

use std::thread;
use std::time::Duration;

use irqlink::abi::Record;
use irqlink::{Agent, Options, Receiver, Sim, Start};
use libtest_mimic::Failed;

use super::{Simulated, every};
use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("sim":
        as_many_come_as_were_asked_for,
        each_is_due_a_period_after_the_one_before,
        jitter_stays_below_its_bound,
        a_hundred_at_once_deliver_all,
    )
}

/// The records, each of which came no sooner than it was due, and no later than it arrived.
fn records(given: &[Given]) -> Result<Vec<Record>, Failed> {
    let mut records = Vec::new();
    for one in given {
        let Given::Interrupt(record, arrival) = one else {
            return Err(format!("not an interrupt: {one:?}").into());
        };
        ensure!(
            0 < record.trigger_ns
                && record.trigger_ns <= record.time_ns
                && record.time_ns <= *arrival,
            "out of time, at {arrival}: {record:?}"
        );
        records.push(*record);
    }
    Ok(records)
}

fn as_many_come_as_were_asked_for() -> Outcome {
    const COUNT: u64 = 42;
    let sim = Simulated::add(Sim {
        burst: 4,
        payload: 0xfeed_0000_0000_beef,
        count: Some(COUNT),
        ..every(2)
    })?;
    let mut reader = sim.reader()?;
    let given = receive_to(&mut reader, COUNT)?;
    exactly(&given, 1, COUNT)?;
    for record in records(&given)? {
        let payload = [0xfeed_0000_0000_beef, (record.seq - 1) / 4];
        ensure!(
            record.payload == payload && record.source == sim.id(),
            "not of burst {}: {record:?}",
            payload[1]
        );
    }

    // It has stopped: many periods later nothing has followed.
    thread::sleep(Duration::from_millis(100));
    let more = drain(&mut reader)?;
    ensure!(more.is_empty(), "more than {COUNT} came: {more:?}");
    Ok(())
}

/// When each of `count` bursts was due, and when its event was stamped.
fn due(sim: Sim, count: u64) -> Result<Vec<(u64, u64)>, Failed> {
    let sim = Simulated::add(Sim {
        count: Some(count),
        ..sim
    })?;
    let given = receive_to(&mut sim.reader()?, count)?;
    exactly(&given, 1, count)?;
    let records = records(&given)?;
    Ok(records
        .iter()
        .map(|one| (one.trigger_ns, one.time_ns))
        .collect())
}

/// Fails unless each burst was due a period after the one before, give or take less than the
/// jitter. One that was late by a period is followed a period later; the rest are left out.
fn keeps_time(bursts: &[(u64, u64)], sim: Sim) -> Outcome {
    let (period, jitter) = (sim.period.as_nanos() as u64, sim.jitter.as_nanos() as u64);
    for pair in bursts.windows(2) {
        let ((due, time), (next, _)) = (pair[0], pair[1]);
        ensure!(
            next + jitter >= due + period,
            "{next} follows {due} too soon, for {period} and {jitter}"
        );
        let was_late = next >= time + period;
        ensure!(
            next <= due + period + jitter || was_late,
            "{next} follows {due}, stamped {time}, too late, for {period} and {jitter}"
        );
    }
    Ok(())
}

fn each_is_due_a_period_after_the_one_before() -> Outcome {
    let sim = every(5);
    keeps_time(&due(sim, 100)?, sim)
}

fn jitter_stays_below_its_bound() -> Outcome {
    let sim = Sim {
        jitter: Duration::from_millis(2),
        ..every(5)
    };
    let bursts = due(sim, 100)?;
    keeps_time(&bursts, sim)?;
    let mut gaps: Vec<u64> = bursts.windows(2).map(|two| two[1].0 - two[0].0).collect();
    gaps.sort_unstable();
    gaps.dedup();
    ensure!(gaps.len() > 50, "hardly any jitter: {gaps:?}");
    Ok(())
}

fn a_hundred_at_once_deliver_all() -> Outcome {
    const SOURCES: usize = 100;
    const COUNT: u64 = 50;
    let sims = (0..SOURCES)
        .map(|_| {
            Simulated::add(Sim {
                count: Some(COUNT),
                ..every(50)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut agent = Agent::open(Options::default())?;
    for sim in &sims {
        agent.register(sim.name(), Start::Oldest)?;
    }
    let all = SOURCES * COUNT as usize;
    let given = receive(&mut agent as &mut dyn Receiver, |given| given.len() >= all)?;
    for sim in &sims {
        let of_it =
            |one: &&Given| matches!(one, Given::Interrupt(record, _) if record.source == sim.id());
        let of_it: Vec<Given> = given.iter().filter(of_it).cloned().collect();
        records(&of_it)?;
        exactly(&of_it, 1, COUNT)?;
    }
    ensure!(given.len() == all, "{} events for {all}", given.len());
    Ok(())
}
