//! What is masked can leave, and what comes in its place is not masked.

use std::time::Duration;

use irqlink::{Access, Agent, Device, FileReader, Options, Sim, Start};
use nix::kmod::{DeleteModuleFlags, delete_module};

use super::{UNTIL_ACK, Waiting, limit, set, state};
use crate::board::*;
use crate::removal::{Spare, ended, let_it_sleep, load, sleeper};
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("guard":
        a_masked_source_can_be_removed,
        a_masked_device_can_be_unplugged,
        a_masked_device_can_change_hands,
    )
}

fn a_masked_source_can_be_removed() -> Outcome {
    for settings in [UNTIL_ACK, limit(1, Duration::from_secs(60))] {
        let sim = Simulated::add(Sim::new(Duration::from_millis(1)))?;
        set(sim.id(), settings)?;
        wait_until("it is masked", || Ok(state(sim.name())?.masked))?;
        let device = Device::open(sim.name(), Access::ReadWrite)?;
        let name = sim.name().to_owned();
        let reader =
            sleeper(move || FileReader::new(Device::open(&name, Access::Read)?, Start::Next));
        let_it_sleep();
        sim.remove()?;
        let given = ended(reader)?;
        ensure!(given == [Given::Gone], "the reader was given {given:?}");
        ensure!(device.ack().is_err(), "what has left was acknowledged");
    }
    Ok(())
}

fn a_masked_device_can_be_unplugged() -> Outcome {
    for _ in 0..2 {
        let mut spare = Spare::plug()?;
        let waiting = Waiting::open(&spare.name)?;
        let name = spare.name.clone();
        let agent = sleeper(move || {
            let mut agent = Agent::open(Options::default())?;
            agent.register(&name, Start::Next)?;
            Ok(agent)
        });
        let_it_sleep();
        waiting.raise_and_raise()?;
        spare.unplug()?;
        let given = ended(agent)?;
        ensure!(
            matches!(given[..], [Given::Interrupt(..), Given::Gone]),
            "the agent was given {given:?}"
        );
    }
    Ok(())
}

/// The next driver of the interrupt finds it unmasked.
fn a_masked_device_can_change_hands() -> Outcome {
    let waiting = Waiting::open(SOURCE)?;
    waiting.board.raise()?;
    delete_module(c"irqlink_pci", DeleteModuleFlags::O_NONBLOCK)?;
    load("irqlink_pci")?;
    let board = Board::open(SOURCE)?;
    ensure!(!state(SOURCE)?.masked, "the new source is masked");
    board.raise_many(10)
}
