//! A storm is paused, whatever else is.

use std::thread;
use std::time::Duration;

use irqlink::abi::{IRQLINK_RECORD_MASKED, IRQLINK_RECORD_STORM};
use irqlink::{Access, Agent, Control, Device, Mode, Options, Settings, Sim, Start};
use nix::errno::Errno;

use super::{flags, limit, set, state};
use crate::board::*;
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("guard":
        a_storm_is_paused_and_comes_back,
        a_low_limit_is_that_of_a_second,
        after_a_short_pause_counting_begins_anew,
        a_new_limit_or_pause_ends_a_pause,
        an_acknowledgement_does_not_end_a_pause,
        settings_that_cannot_be_are_refused,
    )
}

/// 50,000 a second where 100 are allowed: each 101st begins a pause.
fn a_storm_is_paused_and_comes_back() -> Outcome {
    const COUNT: u64 = 1_000;
    let sim = Simulated::add(Sim {
        count: Some(COUNT),
        ..Sim::new(Duration::from_micros(20))
    })?;
    set(sim.id(), limit(100, Duration::from_millis(100)))?;
    let mut agent = Agent::open(Options::default())?;
    agent.register(sim.name(), Start::Oldest)?;
    let mut reader = sim.reader()?;

    for given in [
        receive_to(&mut agent, COUNT)?,
        receive_to(&mut reader, COUNT)?,
    ] {
        exactly(&given, 1, COUNT)?;
        let flags = flags(&given);
        let storms = flags.iter().filter(|flags| **flags == IRQLINK_RECORD_STORM);
        let (storms, counted) = (storms.count() as u64, state(sim.name())?.storms);
        ensure!(
            (2..=COUNT / 101).contains(&storms) && storms == counted,
            "{storms} storms were seen, {counted} counted"
        );
    }
    Ok(())
}

/// Seven a second where one is allowed, so far apart that no tenth of a second has two.
fn a_low_limit_is_that_of_a_second() -> Outcome {
    let sim = Simulated::add(Sim::new(Duration::from_millis(150)))?;
    set(sim.id(), limit(1, Duration::from_secs(60)))?;
    wait_until("it is masked", || Ok(state(sim.name())?.masked))?;
    let raised = state(sim.name())?.raised;
    ensure!((2..=10).contains(&raised), "masked after {raised}");
    Ok(())
}

/// A hundred pass in each tenth of a second, and the next one begins a pause.
fn after_a_short_pause_counting_begins_anew() -> Outcome {
    const COUNT: u64 = 3_000;
    let sim = Simulated::add(Sim {
        count: Some(COUNT),
        ..Sim::new(Duration::from_micros(20))
    })?;
    set(sim.id(), limit(1_000, Duration::from_millis(1)))?;
    receive_to(&mut sim.reader()?, COUNT)?;
    let storms = state(sim.name())?.storms;
    ensure!(
        (1..=COUNT / 101).contains(&storms),
        "{storms} storms of {COUNT} interrupts"
    );
    Ok(())
}

fn a_new_limit_or_pause_ends_a_pause() -> Outcome {
    const LONG: Duration = Duration::from_secs(60);
    let sim = Simulated::add(Sim::new(Duration::from_millis(1)))?;
    for change in [
        Settings {
            storm_pause: None,
            ..limit(0, LONG)
        },
        Settings {
            storm_limit: None,
            ..limit(0, Duration::from_millis(1))
        },
    ] {
        set(sim.id(), limit(1, LONG))?;
        wait_until("it is masked", || Ok(state(sim.name())?.masked))?;
        let raised = state(sim.name())?.raised;
        set(sim.id(), change)?;
        wait_until("it goes on", || Ok(state(sim.name())?.raised > raised))?;
    }
    Ok(())
}

fn an_acknowledgement_does_not_end_a_pause() -> Outcome {
    const BOTH: u32 = IRQLINK_RECORD_MASKED | IRQLINK_RECORD_STORM;
    let sim = Simulated::add(Sim::new(Duration::from_millis(1)))?;
    set(
        sim.id(),
        Settings {
            mode: Some(Mode::UntilAck),
            ..limit(1, Duration::from_secs(60))
        },
    )?;
    let device = Device::open(sim.name(), Access::ReadWrite)?;
    wait_until("it is masked for both reasons", || {
        let mut reader = sim.reader()?;
        let given = drain(&mut reader)?;
        if flags(&given).contains(&BOTH) {
            return Ok(true);
        }
        // Masked since its latest event, or just before: there is nothing to acknowledge yet.
        let _ = device.ack();
        Ok(false)
    })?;
    device.ack()?;
    let head = device.info()?.head;
    ensure!(state(sim.name())?.masked, "the pause is over");
    thread::sleep(Duration::from_millis(100));
    ensure!(device.info()?.head == head, "events came in the pause");
    Ok(())
}

fn settings_that_cannot_be_are_refused() -> Outcome {
    let source = state(SOURCE)?;
    let mut control = Control::open()?;
    for pause in [Duration::ZERO, Duration::from_millis(60_001)] {
        let answer = control.set(source.id, limit(1_000, pause), None);
        refused(answer, Errno::ERANGE, "out of range")?;
    }
    let after = state(SOURCE)?;
    ensure!(after == source, "it was set all the same: {after:?}");
    Ok(())
}
