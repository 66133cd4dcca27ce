//! An agent dies: the kernel lets it go, and another takes over.

use irqlink::{Agent, Options, Start};
use libtest_mimic::Failed;
use nix::sys::signal::Signal;

use crate::board::*;
use crate::watch::Watch;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("takeover":
        a_killed_agent_is_released_and_another_takes_over,
        a_stopped_agent_misses_nothing_unreported,
    )
}

fn a_killed_agent_is_released_and_another_takes_over() -> Outcome {
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;

    let mut watch = Watch::start(SOURCE, &[])?;
    board.raise_many(20)?;
    watch.kill()?;
    board.raise_many(20)?;

    let mut second = Agent::open(Options::default())?;
    let registration = second.register(SOURCE, Start::At(first))?;
    ensure!(
        registration.first == first,
        "asked for {first}, got {}",
        registration.first
    );
    board.raise_many(20)?;
    exactly(&receive_to(&mut second, first + 59)?, first, first + 59)
}

fn a_stopped_agent_misses_nothing_unreported() -> Outcome {
    const COUNT: u64 = 10_000;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let last = first + COUNT - 1;

    let mut watch = Watch::start(SOURCE, &[])?;
    watch.signal(Signal::SIGSTOP)?;
    board.raise_many(COUNT as usize)?;
    watch.signal(Signal::SIGCONT)?;

    let mut next = first;
    for line in watch.lines()? {
        let line = line?;
        let (begin, end) = range(&serde_json::from_str(&line)?)?;
        ensure!(begin == next, "{next} should come, but this did: {line}");
        next = end + 1;
        if next > last {
            break;
        }
    }
    ensure!(
        next == last + 1,
        "the output ended at {next}, not at {last}"
    );
    Ok(())
}

/// The sequence numbers that a line of `irqlink watch --json` stands for.
fn range(line: &serde_json::Value) -> Result<(u64, u64), Failed> {
    let number = |name: &str| line[name].as_u64();
    let range = match line["event"].as_str() {
        Some("interrupt") => number("seq").zip(number("seq")),
        Some("lost") => number("first").zip(number("last")),
        _ => None,
    };
    range.ok_or_else(|| format!("not an event: {line}").into())
}
