//! A storm: a process outside the board rings a vector as fast as it can. Whatever the consumers
//! make of it, no event goes missing unaccounted, and the guest stays alive.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use irqlink::abi::IRQLINK_RECORD_STORM;
use irqlink::{
    Access, Agent, Consumer, ConsumerKind, Control, Device, FileReader, Options, Receiver,
    Settings, Start,
};
use irqlink_hw_tests::ring::Ring;
use libtest_mimic::Failed;

use crate::board::*;
use crate::qmp::Qmp;

/// The source of vector 0.
const RUNG: &str = "ivshmem0";
/// Milliseconds that a storm lasts, unless the environment says otherwise.
const STORM_MS: u64 = 2_000;
/// Names that many milliseconds in the environment, for a longer storm.
const STORM_MS_NAME: &str = "IRQLINK_STORM_MS";

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        a_storm_is_accounted_for,
        a_storm_above_the_limit_is_masked_and_accounted_for,
    )
}

fn a_storm_is_accounted_for() -> Outcome {
    let given = storm()?;
    ensure!(storms(&given) == 0, "it was masked without a limit");
    Ok(())
}

fn a_storm_above_the_limit_is_masked_and_accounted_for() -> Outcome {
    let before = Control::open()?.source(RUNG)?.storms;
    limit(100)?;
    let given = storm();
    limit(0)?;
    let (masked, told) = (
        Control::open()?.source(RUNG)?.storms - before,
        storms(&given?),
    );
    ensure!(masked > 0, "the source was not masked");
    // The agent that drains may have lost some of those records, but none came from nowhere.
    ensure!(
        (1..=masked).contains(&told),
        "masked {masked} times, told {told} times"
    );
    Ok(())
}

/// Sets the source's limit, in interrupts a second.
fn limit(storm_limit: u32) -> Outcome {
    let mut control = Control::open()?;
    let settings = Settings {
        storm_limit: Some(storm_limit),
        storm_pause: Some(Duration::from_millis(50)),
        ..Settings::default()
    };
    let id = control.source(RUNG)?.id;
    Ok(control.set(id, settings, None)?)
}

/// Records that tell that the source was masked.
fn storms(given: &[Given]) -> u64 {
    let tells = |one: &&Given| matches!(one, Given::Interrupt(record, _) if record.flags & IRQLINK_RECORD_STORM != 0);
    given.iter().filter(tells).count() as u64
}

fn length_ms() -> Result<u64, Failed> {
    env::var(STORM_MS_NAME).map_or(Ok(STORM_MS), |text| Ok(text.parse()?))
}

/// Goes through a storm with an agent that drains, an agent and a file that do not, and a timer;
/// gives what the first of them received.
fn storm() -> Result<Vec<Given>, Failed> {
    let mut qmp = Qmp::open()?;
    let ring = Ring::storm(0, length_ms()?);
    let board = Board::open(RUNG)?;
    let first = board.head()? + 1;
    let mut drains = Agent::open(Options::default())?;
    let mut stopped = Agent::open(Options::default())?;
    for agent in [&mut drains, &mut stopped] {
        agent.register(RUNG, Start::Next)?;
    }
    let mut file = FileReader::new(Device::open(RUNG, Access::Read)?, Start::Next)?;

    let is_over = AtomicBool::new(false);
    let (rung, ticks, mut given) = thread::scope(|scope| {
        let drainer = scope.spawn(|| drain_until(&mut drains, &is_over));
        let timer = scope.spawn(|| tick_until(&board, &is_over));
        let auditor = scope.spawn(|| audit_until(&board, &is_over));
        let rung = qmp.ring(ring);
        is_over.store(true, Ordering::Release);
        let given = join(drainer)?;
        let ticks = join(timer)?;
        join(auditor)?;
        Ok::<_, Failed>((rung?, ticks, given))
    })?;

    // Of rings that were merged, one may still come where the source is masked: later ones may follow.
    let last = board.head()?;
    given.append(&mut settle(&mut drains, &board, count(&given))?);
    let received = account(&given, first, last)?;
    let raised = count(&given);
    ensure!(
        received > 0 && raised <= rung,
        "rung {rung}, raised {raised}, received {received}"
    );
    ensure!(ticks > 1, "the timer did not go on during the storm");
    account(&settle(&mut stopped, &board, 0)?, first, last)?;
    account(&receive_to(&mut file, last)?, first, last)?;
    audit(&board)?;
    if env::var_os(STORM_MS_NAME).is_some() {
        println!("\nrung {rung}, raised {raised}, received {received}, timer ticks {ticks}");
    }
    Ok(given)
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, Failed>>) -> Result<T, Failed> {
    thread.join().map_err(|_| "a thread panicked")?
}

/// Receives as an agent does.
fn drain_until(agent: &mut Agent, is_over: &AtomicBool) -> Result<Vec<Given>, Failed> {
    let mut given = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        given.append(&mut drain(agent)?);
        thread::sleep(Duration::from_micros(100));
    }
    Ok(given)
}

/// Counts the ticks of a 10 ms timer since each of which there were new events.
fn tick_until(board: &Board, is_over: &AtomicBool) -> Result<u64, Failed> {
    let (mut ticks, mut head) = (0, board.head()?);
    while !is_over.load(Ordering::Acquire) {
        thread::sleep(Duration::from_millis(10));
        let now = board.head()?;
        ticks += u64::from(now > head);
        head = now;
    }
    Ok(ticks)
}

fn audit_until(board: &Board, is_over: &AtomicBool) -> Outcome {
    while !is_over.load(Ordering::Acquire) {
        audit(board)?;
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Fails unless raised = delivered + lost + pending, for each consumer.
fn audit(board: &Board) -> Outcome {
    for consumer in Control::open()?.consumers(Some(board.device().source()))? {
        let Consumer {
            kind,
            raised,
            delivered,
            lost,
            pending,
            ..
        } = consumer;
        ensure!(
            kind == ConsumerKind::Ring || raised == delivered + lost + pending,
            "the ledger does not add up: {consumer:?}"
        );
    }
    Ok(())
}

/// Fails unless all events from `first` on, to `last` at least, were given or reported lost, once
/// and in order. Gives how many were not lost.
fn account(given: &[Given], first: u64, last: u64) -> Result<u64, Failed> {
    let end = first + count(given) - 1;
    ensure!(end >= last, "it ended with {end}, but {last} were raised");
    Ok(tile(given, first, end)?.0)
}

/// Events and lost events among what was given.
fn count(given: &[Given]) -> u64 {
    given
        .iter()
        .map(|one| match one {
            Given::Interrupt(..) => 1,
            Given::Lost(first, last) => last - first + 1,
            Given::Gone => 0,
        })
        .sum()
}

/// Receives what is still on its way, after `before` events, until the agent's ledger says that
/// it has all.
fn settle(agent: &mut Agent, board: &Board, before: u64) -> Result<Vec<Given>, Failed> {
    let mut given = Vec::new();
    wait_until("the agent has all", || {
        given.append(&mut drain(agent as &mut dyn Receiver)?);
        let ledger = board.agent(agent.port())?.ok_or("no such agent")?;
        Ok(ledger.pending == 0 && ledger.raised == before + count(&given))
    })?;
    Ok(given)
}
