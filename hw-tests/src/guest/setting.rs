//! What can be set about a source, and what a device's interrupt looks like to the kernel's tools.

use std::fs;

use irqlink::{Agent, Control, Delivery, Error, Notice, Notices, Options, Settings, Start};
use libtest_mimic::Failed;
use nix::errno::Errno;

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("setting":
        delivery_in_the_thread_gives_the_same,
        the_tracepoints_tell_of_interrupt_and_delivery,
    )
}

/// Whether the kernel is a PREEMPT_RT one.
fn is_realtime() -> bool {
    fs::read_to_string("/proc/version").is_ok_and(|version| version.contains("PREEMPT_RT"))
}

fn delivery() -> Result<Delivery, Failed> {
    Ok(Control::open()?.source(SOURCE)?.delivery)
}

fn to(delivery: Delivery) -> Settings {
    Settings {
        delivery: Some(delivery),
        ..Settings::default()
    }
}

fn delivery_in_the_thread_gives_the_same() -> Outcome {
    const COUNT: u64 = 100;
    let board = Board::open(SOURCE)?;
    let mut control = Control::open()?;
    let mut notices = Notices::open()?;
    let id = board.device().source();
    let mut agent = Agent::open(Options::default())?;

    control.set(id, to(Delivery::Thread), Some(board.device()))?;
    ensure!(delivery()? == Delivery::Thread, "it did not take effect");
    let mut told = false;
    notices.drain(&mut |notice| {
        told |= matches!(notice, Notice::Changed(source) if source.delivery == Delivery::Thread);
    })?;
    ensure!(told, "nobody was told of the change");

    let first = agent.register(SOURCE, Start::Next)?.first;
    board.raise_many(COUNT as usize)?;
    exactly(
        &receive_to(&mut agent, first + COUNT - 1)?,
        first,
        first + COUNT - 1,
    )?;

    let back = control.set(id, to(Delivery::Softirq), None);
    if is_realtime() {
        ensure!(
            matches!(
                back,
                Err(Error::Refused {
                    errno: Errno::EOPNOTSUPP,
                    ..
                })
            ),
            "softirq on PREEMPT_RT gave {back:?}"
        );
        return Ok(());
    }
    back?;
    ensure!(delivery()? == Delivery::Softirq, "it did not take effect");
    Ok(())
}

fn the_tracepoints_tell_of_interrupt_and_delivery() -> Outcome {
    let enable = "/sys/kernel/tracing/events/irqlink/enable";
    let board = Board::open(SOURCE)?;
    let mut agent = Agent::open(Options::default())?;
    let first = agent.register(SOURCE, Start::Next)?.first;
    let source = board.device().source();

    fs::write("/sys/kernel/tracing/trace", "")?;
    fs::write(enable, "1")?;
    let raised = board.raise();
    let received = receive_to(&mut agent, first);
    fs::write(enable, "0")?;
    raised?;
    received?;

    let trace = fs::read_to_string("/sys/kernel/tracing/trace")?;
    for line in [
        format!("irqlink_irq: source={source} seq={first} "),
        format!(
            "irqlink_deliver: source={source} port={} first={first} next={} error=0",
            agent.port(),
            first + 1
        ),
    ] {
        ensure!(trace.contains(&line), "no {line:?} in\n{trace}");
    }
    Ok(())
}
