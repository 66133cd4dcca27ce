//! The guard: an interrupt stays masked until it is acknowledged, or for a while if it storms.

use std::thread;
use std::time::Duration;

use irqlink::abi::{IRQLINK_RECORD_MASKED, IRQLINK_RECORD_STORM};
use irqlink::{
    Access, Agent, Control, Device, Error, FileReader, Mode, Options, Settings, Sim, Source, Start,
};
use libtest_mimic::{Failed, Trial};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use crate::board::*;
use crate::command::{ended as command_ended, irqlink};
use crate::removal::{Spare, ended, let_it_sleep, load, sleeper};
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("guard":
        an_interrupt_waits_until_the_one_before_is_acknowledged,
        every_way_acknowledges,
        an_acknowledgement_that_nothing_waits_for_is_refused,
        back_in_mode_free_nothing_waits,
        a_storm_is_paused_and_comes_back,
        an_acknowledgement_does_not_end_a_pause,
        a_masked_source_can_be_removed,
        a_masked_device_can_be_unplugged,
        a_masked_device_can_change_hands,
        settings_that_cannot_be_are_refused,
    )
}

const UNTIL_ACK: Settings = Settings {
    delivery: None,
    mode: Some(Mode::UntilAck),
    storm_limit: None,
    storm_pause: None,
};

const FREE: Settings = Settings {
    mode: Some(Mode::Free),
    ..UNTIL_ACK
};

fn limit(limit: u32, pause: Duration) -> Settings {
    Settings {
        delivery: None,
        mode: None,
        storm_limit: Some(limit),
        storm_pause: Some(pause),
    }
}

fn set(source: u32, settings: Settings) -> Outcome {
    Ok(Control::open()?.set(source, settings, None)?)
}

fn state(name: &str) -> Result<Source, Failed> {
    Ok(Control::open()?.source(name)?)
}

/// A source in mode until-ack; back in mode free when the test ends.
struct Waiting {
    board: Board,
    name: String,
}

impl Waiting {
    fn open(name: &str) -> Result<Waiting, Failed> {
        let board = Board::open(name)?;
        set(board.device().source(), UNTIL_ACK)?;
        ensure!(
            state(name)?.mode == Mode::UntilAck,
            "it did not take effect"
        );
        let name = name.to_owned();
        Ok(Waiting { board, name })
    }

    fn device(&self) -> &Device {
        self.board.device()
    }

    /// Raises an interrupt, which leaves the source masked, and one more, which must wait.
    fn raise_and_raise(&self) -> Outcome {
        self.board.raise()?;
        ensure!(state(&self.name)?.masked, "it is not masked");
        let head = self.board.head()?;
        self.device().trigger()?;
        // As long as it takes for an interrupt that does not wait.
        thread::sleep(Duration::from_millis(100));
        let now = self.board.head()?;
        ensure!(
            now == head,
            "{now} came, though {head} was not acknowledged"
        );
        Ok(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // The device may have left.
        let _ = set(self.device().source(), FREE);
    }
}

fn flags(given: &[Given]) -> Vec<u32> {
    let flags = |one: &Given| match one {
        Given::Interrupt(record, _) => Some(record.flags),
        _ => None,
    };
    given.iter().filter_map(flags).collect()
}

fn an_interrupt_waits_until_the_one_before_is_acknowledged() -> Outcome {
    let waiting = Waiting::open(SOURCE)?;
    let mut agent = Agent::open(Options::default())?;
    let mut next = agent.register(SOURCE, Start::Next)?.first;
    for _ in 0..20 {
        waiting.raise_and_raise()?;
        for _ in 0..2 {
            let given = receive_to(&mut agent, next)?;
            exactly(&given, next, next)?;
            ensure!(
                flags(&given) == [IRQLINK_RECORD_MASKED],
                "not flagged as masked: {given:?}"
            );
            waiting.device().ack()?;
            next += 1;
        }
        ensure!(!state(SOURCE)?.masked, "it is still masked");
    }
    Ok(())
}

fn every_way_acknowledges() -> Outcome {
    let waiting = Waiting::open(SOURCE)?;
    let device = waiting.device();
    let mut control = Control::open()?;
    waiting.board.raise()?;
    control.ack(device.source(), Some(device))?;
    waiting.board.raise()?;
    control.ack(device.source(), None)?;
    waiting.board.raise()?;
    device.ack()?;
    waiting.board.raise()?;
    command_ended(&irqlink(&["ack", SOURCE])?, 0, &[])?;
    ensure!(!state(SOURCE)?.masked, "it is still masked");
    Ok(())
}

fn an_acknowledgement_that_nothing_waits_for_is_refused() -> Outcome {
    const WORDS: &str = "does not wait to be acknowledged";
    let waiting = Waiting::open(SOURCE)?;
    let source = waiting.device().source();

    let nothing = waiting.device().ack();
    ensure!(
        matches!(nothing, Err(Error::NothingToAck { .. })),
        "with nothing to acknowledge: {nothing:?}"
    );
    let nothing = Control::open()?.ack(source, None);
    ensure!(
        matches!(&nothing, Err(Error::Refused { errno: Errno::EALREADY, text: Some(text), .. })
            if text.contains(WORDS)),
        "with nothing to acknowledge: {nothing:?}"
    );
    command_ended(&irqlink(&["ack", SOURCE])?, 1, &[SOURCE, WORDS])?;

    // Nor may one who only reads.
    waiting.board.raise()?;
    let reader = Device::open(SOURCE, Access::Read)?;
    ensure!(reader.ack().is_err(), "a read-only file acknowledged");
    let through = Control::open()?.ack(source, Some(&reader));
    ensure!(
        matches!(
            through,
            Err(Error::Refused {
                errno: Errno::EACCES,
                ..
            })
        ),
        "a read-only file acknowledged: {through:?}"
    );
    Ok(waiting.device().ack()?)
}

fn back_in_mode_free_nothing_waits() -> Outcome {
    let waiting = Waiting::open(SOURCE)?;
    let head = waiting.board.head()?;
    let device = Device::open(SOURCE, Access::Read)?;
    let mut reader = FileReader::new(device, Start::Next)?;
    waiting.raise_and_raise()?;
    set(waiting.device().source(), FREE)?;
    let given = receive_to(&mut reader, head + 2)?;
    exactly(&given, head + 1, head + 2)?;
    ensure!(
        flags(&given) == [IRQLINK_RECORD_MASKED, 0],
        "flagged {:?}",
        flags(&given)
    );
    ensure!(!state(SOURCE)?.masked, "it is still masked");
    waiting.board.raise_many(10)
}

/// 50,000 a second where 1,000 are allowed: a hundred in each tenth of a second.
fn a_storm_is_paused_and_comes_back() -> Outcome {
    const COUNT: u64 = 3_000;
    let sim = Simulated::add(Sim {
        count: Some(COUNT),
        ..Sim::new(Duration::from_micros(20))
    })?;
    set(sim.id(), limit(1_000, Duration::from_millis(100)))?;
    let mut agent = Agent::open(Options::default())?;
    agent.register(sim.name(), Start::Oldest)?;
    let mut reader = sim.reader()?;

    for given in [
        receive_to(&mut agent, COUNT)?,
        receive_to(&mut reader, COUNT)?,
    ] {
        let (received, lost) = tile(&given, 1, COUNT)?;
        let flags = flags(&given);
        let storms = flags.iter().filter(|flags| **flags == IRQLINK_RECORD_STORM);
        let storms = storms.count() as u64;
        let counted = state(sim.name())?.storms;
        ensure!(
            storms >= 2 && storms <= counted && counted <= storms + lost,
            "{storms} storms were seen, {counted} counted; {received} received, {lost} lost"
        );
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
            ..limit(10, Duration::from_secs(60))
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

fn settings_that_cannot_be_are_refused() -> Outcome {
    let source = state(SOURCE)?;
    let mut control = Control::open()?;
    for pause in [Duration::ZERO, Duration::from_millis(60_001)] {
        let answer = control.set(source.id, limit(1_000, pause), None);
        ensure!(
            matches!(&answer, Err(Error::Refused { errno: Errno::ERANGE, text: Some(text), .. })
                if text.contains("out of range")),
            "a pause of {pause:?} gave {answer:?}"
        );
    }
    let after = state(SOURCE)?;
    ensure!(after == source, "it was set all the same: {after:?}");
    Ok(())
}
