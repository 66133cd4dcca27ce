//! Sources that are removed end their sleepers.

use std::thread;

use irqlink::{Access, Agent, Control, Device, FileReader, NewSource, Options, Start};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use super::{Simulated, every};
use crate::board::*;
use crate::removal::{ended, let_it_sleep, load, sleeper, sources};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("sim":
        removal_ends_its_sleepers,
        unloading_the_driver_removes_its_sources,
    )
}

/// Given whatever the source raised, and the end.
fn all_and_the_end(given: &[Given]) -> Outcome {
    let (last, events) = given.split_last().ok_or("nothing was given")?;
    ensure!(*last == Given::Gone, "no end, but {last:?}");
    exactly(events, 1, events.len() as u64)
}

fn sleepers(name: &str) -> Vec<thread::JoinHandle<Result<Vec<Given>, Failed>>> {
    let (one, other) = (name.to_owned(), name.to_owned());
    let reader = sleeper(move || {
        let device = Device::open(&one, Access::Read)?;
        FileReader::new(device, Start::Oldest)
    });
    let agent = sleeper(move || {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&other, Start::Oldest)?;
        Ok(agent)
    });
    vec![reader, agent]
}

/// Whether they sleep or are in the midst of events.
fn removal_ends_its_sleepers() -> Outcome {
    for sim in [every(3_600_000), every(2)] {
        let sim = Simulated::add(sim)?;
        let sleepers = sleepers(sim.name());
        let_it_sleep();
        sim.remove()?;
        for sleeper in sleepers {
            all_and_the_end(&ended(sleeper)?)?;
        }
        ensure!(
            !sources()?.iter().any(|name| name == sim.name()),
            "the source is still listed"
        );
    }
    Ok(())
}

/// The driver is not loaded until this is dropped.
struct Unloaded;

impl Unloaded {
    fn unload() -> Result<Unloaded, Failed> {
        delete_module(c"irqlink_sim", DeleteModuleFlags::O_NONBLOCK)?;
        Ok(Unloaded)
    }
}

impl Drop for Unloaded {
    fn drop(&mut self) {
        // Where that fails, the next test sees that it is missing.
        let _ = load("irqlink_sim");
    }
}

fn unloading_the_driver_removes_its_sources() -> Outcome {
    let sims = (0..10)
        .map(|_| Simulated::add(every(5)))
        .collect::<Result<Vec<_>, _>>()?;
    let sleepers: Vec<_> = sims.iter().flat_map(|sim| sleepers(sim.name())).collect();
    let_it_sleep();
    let unloaded = Unloaded::unload()?;
    for sleeper in sleepers {
        all_and_the_end(&ended(sleeper)?)?;
    }
    let left = Control::open()?.sources()?;
    ensure!(
        left.iter().all(|source| source.driver != "irqlink_sim"),
        "still listed: {left:?}"
    );
    let without = Control::open()?.add(&NewSource::new(every(1)));
    drop(unloaded);
    refused(without, Errno::EOPNOTSUPP, "not loaded")
}
