//! Mode until-ack: an interrupt waits until the one before is acknowledged.

use std::time::Duration;

use irqlink::abi::IRQLINK_RECORD_MASKED;
use irqlink::{Access, Agent, Control, Device, Error, FileReader, Options, Sim, Start};
use nix::errno::Errno;

use super::{FREE, UNTIL_ACK, Waiting, flags, set, state};
use crate::board::*;
use crate::command::{ended as command_ended, irqlink};
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("guard":
        an_interrupt_waits_until_the_one_before_is_acknowledged,
        every_way_acknowledges,
        an_acknowledgement_that_nothing_waits_for_is_refused,
        back_in_mode_free_nothing_waits,
        back_in_mode_free_at_any_moment,
    )
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
    let mut control = Control::open()?;
    refused(control.ack(source, None), Errno::EALREADY, WORDS)?;
    command_ended(&irqlink(&["ack", SOURCE])?, 1, &[SOURCE, WORDS])?;

    // Nor may one who only reads.
    waiting.board.raise()?;
    let reader = Device::open(SOURCE, Access::Read)?;
    ensure!(reader.ack().is_err(), "a read-only file acknowledged");
    let through = control.ack(source, Some(&reader));
    refused(through, Errno::EACCES, "not open for this access")?;
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

/// While interrupts come as fast as they can, on another CPU if there is one.
fn back_in_mode_free_at_any_moment() -> Outcome {
    let sim = Simulated::add(Sim::new(Duration::from_micros(10)))?;
    for turn in 0..1_000 {
        set(sim.id(), UNTIL_ACK)?;
        set(sim.id(), FREE)?;
        ensure!(
            !state(sim.name())?.masked,
            "masked in mode free, turn {turn}"
        );
    }
    Ok(())
}
