//! What an agent costs while it runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::process::{Child, Command, Stdio};

use irqlink::{Agent, Control, Options, Progress, Receiver, Start};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("footprint":
        an_agent_allocates_nothing_per_event,
        the_agent_stays_within_6_mib,
    )
}

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged; growing counts too, as the
// default `realloc` is made of these.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn an_agent_allocates_nothing_per_event() -> Outcome {
    // So many fit the socket, one message each.
    const COUNT: usize = 150;
    let board = Board::open(SOURCE)?;
    let mut agent = Agent::open(Options::default())?;
    agent.register(SOURCE, Start::Next)?;
    board.raise()?;
    receive_to(&mut agent, board.head()?)?;

    board.raise_many(COUNT)?;
    let (mut received, mut allocations) = (0, 0);
    wait_until("all have come", || {
        let before = ALLOCATIONS.get();
        while agent.drain(&mut |_| received += 1)? == Progress::More {}
        allocations += ALLOCATIONS.get() - before;
        Ok(received >= COUNT)
    })?;
    ensure!(received == COUNT, "received {received} of {COUNT}");
    ensure!(
        allocations == 0,
        "{allocations} allocations for {COUNT} events"
    );
    Ok(())
}

/// `irqlink agent` as users run it, after a storm.
fn the_agent_stays_within_6_mib() -> Outcome {
    const LIMIT_KB: u64 = 6 * 1024;
    let board = Board::open(SOURCE)?;
    let mut agent = Command::new("irqlink")
        .args(["agent", SOURCE, "--mlock"])
        .stderr(Stdio::null())
        .spawn()?;
    let result = peak_after_a_storm(&board, &agent);
    kill(Pid::from_raw(agent.id() as i32), Signal::SIGTERM)?;
    let status = agent.wait()?;
    let peak = result?;
    ensure!(peak <= LIMIT_KB, "{peak} kB were resident");
    ensure!(status.success(), "SIGTERM ended it with {status}");
    Ok(())
}

/// The peak of resident memory, in kB.
fn peak_after_a_storm(board: &Board, agent: &Child) -> Result<u64, Failed> {
    let ledger = || -> Result<Option<irqlink::Consumer>, Failed> {
        let consumers = Control::open()?.consumers(Some(board.device().source()))?;
        Ok(consumers.into_iter().find(|one| one.pid == agent.id()))
    };
    wait_until("the agent registers", || Ok(ledger()?.is_some()))?;
    board.raise_many(5_000)?;
    wait_until("the agent has all", || {
        Ok(ledger()?.is_some_and(|one| one.pending == 0))
    })?;
    let status = fs::read_to_string(format!("/proc/{}/status", agent.id()))?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
    Ok(peak.ok_or("no VmHWM")?.parse()?)
}
