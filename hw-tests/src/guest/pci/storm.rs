//! A storm: a process outside the board rings a vector as fast as it can. Whatever the consumers
//! make of it, no event goes missing unaccounted, and the guest stays alive.

use std::env;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use irqlink::{
    Accel, Access, Agent, Consumer, ConsumerKind, Control, Device, FileReader, Options, Receiver,
    Settings, Start,
};
use irqlink_hw_tests::ring::Ring;
use libtest_mimic::Failed;

use super::account::Account;
use crate::board::*;
use crate::qmp::Qmp;

/// The source of vector 0.
const RUNG: &str = "ivshmem0";
/// Milliseconds that the storm lasts, unless the environment says otherwise.
const STORM_MS: u64 = 10_000;
/// Milliseconds of one that is masked, and so has few interrupts.
const MASKED_STORM_MS: u64 = 2_000;
/// Names that many milliseconds in the environment, for a longer storm.
const STORM_MS_NAME: &str = "IRQLINK_STORM_MS";
/// How long timer or agent may seem dead before they are. It says that they live, not that they are fast.
const DEAD: Duration = Duration::from_secs(2);
/// The least ticks of the timer in a second of a storm, of 100: fewer if it is frozen for most of the time.
const TICKS_A_SECOND: u64 = 40;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        a_storm_is_accounted_for,
        a_storm_above_the_limit_is_masked_and_accounted_for,
    )
}

fn a_storm_is_accounted_for() -> Outcome {
    let storms = storm(STORM_MS)?;
    ensure!(storms == 0, "it was masked without a limit");
    Ok(())
}

fn a_storm_above_the_limit_is_masked_and_accounted_for() -> Outcome {
    let before = Control::open()?.source(RUNG)?.storms;
    limit(100)?;
    let told = storm(MASKED_STORM_MS);
    limit(0)?;
    let (masked, told) = (Control::open()?.source(RUNG)?.storms - before, told?);
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

/// How long a storm is to last, if nothing else is said.
fn length_ms(usual: u64) -> Result<u64, Failed> {
    env::var(STORM_MS_NAME).map_or(Ok(usual), |text| Ok(text.parse()?))
}

/// Goes through a storm with an agent that drains, an agent and a file that do not, and a timer;
/// gives how often the first of them was told that the source was masked.
fn storm(usual_ms: u64) -> Result<u64, Failed> {
    let mut qmp = Qmp::open()?;
    let length_ms = length_ms(usual_ms)?;
    let ring = Ring::storm(0, length_ms);
    let ring = match Accel::detect(false).is_emulated() {
        true => ring.with_sleep(),
        false => ring,
    };
    let board = Board::open(RUNG)?;
    let first = board.head()? + 1;
    let mut drains = Agent::open(Options::default())?;
    let mut stopped = Agent::open(Options::default())?;
    for agent in [&mut drains, &mut stopped] {
        agent.register(RUNG, Start::Next)?;
    }
    let mut file = FileReader::new(Device::open(RUNG, Access::Read)?, Start::Next)?;

    let is_over = AtomicBool::new(false);
    let (rung, ticks, (mut account, receipts)) = thread::scope(|scope| {
        let drainer = scope.spawn(|| drain_until(&mut drains, first, &is_over));
        let timer = scope.spawn(|| tick_until(&is_over));
        let auditor = scope.spawn(|| audit_until(&board, &is_over));
        let rung = qmp.ring(ring);
        is_over.store(true, Ordering::Release);
        let drained = join(drainer)?;
        let ticks = join(timer)?;
        join(auditor)?;
        Ok::<_, Failed>((rung?, ticks, drained))
    })?;

    // Of rings that were merged, one may still come where the source is masked: later ones may follow.
    let last = board.head()?;
    settle(&mut drains, &board, &mut account)?;
    account.reaches(last)?;
    let (raised, received) = (account.raised(), account.received);
    ensure!(
        received > 0 && raised <= rung,
        "rung {rung}, raised {raised}, received {received}"
    );
    let figures = format!(
        "rung {rung}, raised {raised}, received {received}; timer {ticks}; receipts {receipts}"
    );
    ensure!(
        ticks.longest < DEAD && receipts.longest < DEAD,
        "something seemed dead: {figures}"
    );
    ensure!(
        ticks.count >= length_ms * TICKS_A_SECOND / 1_000,
        "the timer did not go on: {figures}"
    );
    let mut late = Account::from(first);
    settle(&mut stopped, &board, &mut late)?;
    late.reaches(last)?;
    let mut late = Account::from(first);
    late.add(&receive_to(&mut file, last)?)?;
    late.reaches(last)?;
    audit(&board)?;
    if env::var_os(STORM_MS_NAME).is_some() {
        println!("\n{figures}");
    }
    Ok(account.storms)
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, Failed>>) -> Result<T, Failed> {
    thread.join().map_err(|_| "a thread panicked")?
}

/// Signs of life.
struct Life {
    last: Instant,
    count: u64,
    /// The longest time without one.
    longest: Duration,
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at most {:?} apart", self.count, self.longest)
    }
}

impl Life {
    fn from_now() -> Life {
        Life {
            last: Instant::now(),
            count: 0,
            longest: Duration::ZERO,
        }
    }

    fn sign(&mut self) {
        self.count += 1;
        self.pause();
    }

    /// Ends the time since the last sign.
    fn pause(&mut self) {
        let now = Instant::now();
        self.longest = self.longest.max(now - self.last);
        self.last = now;
    }
}

/// Receives as an agent does.
fn drain_until(
    agent: &mut Agent,
    first: u64,
    is_over: &AtomicBool,
) -> Result<(Account, Life), Failed> {
    let (mut account, mut life) = (Account::from(first), Life::from_now());
    while !is_over.load(Ordering::Acquire) {
        let given = drain(agent)?;
        if !given.is_empty() {
            life.sign();
        }
        account.add(&given)?;
        thread::sleep(Duration::from_micros(100));
    }
    life.pause();
    Ok((account, life))
}

/// Counts the ticks of a 10 ms timer.
fn tick_until(is_over: &AtomicBool) -> Result<Life, Failed> {
    let mut life = Life::from_now();
    while !is_over.load(Ordering::Acquire) {
        thread::sleep(Duration::from_millis(10));
        life.sign();
    }
    Ok(life)
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

/// Receives what is still on its way until the agent's ledger says that it has all.
fn settle(agent: &mut Agent, board: &Board, account: &mut Account) -> Outcome {
    wait_until("the agent has all", || {
        account.add(&drain(agent as &mut dyn Receiver)?)?;
        let ledger = board.agent(agent.port())?.ok_or("no such agent")?;
        Ok(ledger.pending == 0 && ledger.raised == account.raised())
    })
}
