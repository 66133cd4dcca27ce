//! A thousand sources at once, on a board whose clock counts instructions.

use std::os::fd::AsFd;
use std::time::Duration;

use irqlink::{Agent, Event, Options, Receiver, Sim, Start};
use libtest_mimic::Failed;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Simulated;
use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("path_length":
        a_thousand_sources_cost_as_much_an_event_as_one,
    )
}

/// Events that are measured.
const EVENTS: usize = 4_000;
/// From one event to the next, of whichever source: far more than an event costs, so that the
/// program sleeps before nearly each.
const GAP: Duration = Duration::from_micros(200);

/// After this the events that gathered while the sources were being added have been received.
const SETTLED: Duration = Duration::from_secs(1);

/// From the expiry of the timer until the program has the record: interrupt, log, delivery, receipt.
fn a_thousand_sources_cost_as_much_an_event_as_one() -> Outcome {
    let (one, thousand) = (median_cost(1)?, median_cost(1_000)?);
    ensure!(
        one.abs_diff(thousand) * 20 <= one,
        "an event costs {one} instructions with 1 source, {thousand} with 1,000"
    );
    Ok(())
}

/// Median of the instructions of an event, of that many sources with one agent.
fn median_cost(sources: u32) -> Result<u64, Failed> {
    let period = GAP * sources;
    let mut agent = Agent::open(Options::default())?;
    let mut simulated = Vec::new();
    for _ in 0..sources {
        // At random in its period, and so at random among the others.
        let sim = Sim {
            jitter: period / 2,
            ..Sim::new(period)
        };
        let source = Simulated::add(sim)?;
        agent.register(source.name(), Start::Next)?;
        simulated.push(source);
    }
    let mut costs = costs(&mut agent)?;
    costs.sort_unstable();
    Ok(costs[costs.len() / 2])
}

fn costs(agent: &mut Agent) -> Result<Vec<u64>, Failed> {
    let begin = now()? + SETTLED.as_nanos() as u64;
    let mut costs = Vec::with_capacity(EVENTS);
    let mut lost = 0;
    while costs.len() < EVENTS {
        let mut failed = None;
        poll(
            &mut [PollFd::new(agent.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        )?;
        agent.drain(&mut |event| match event {
            Event::Interrupt(record) if record.trigger_ns < begin => {}
            Event::Interrupt(record) => match now() {
                Ok(now) => costs.push(now - record.trigger_ns),
                Err(e) => failed = Some(e),
            },
            _ => lost += 1,
        })?;
        if let Some(e) = failed {
            return Err(e.into());
        }
    }
    ensure!(lost == 0, "{lost} ranges were lost");
    Ok(costs)
}
