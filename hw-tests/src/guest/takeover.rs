//! An agent dies: the kernel lets it go, and another takes over.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use irqlink::{Agent, ConsumerKind, Control, Options, Start};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("takeover":
        a_killed_agent_is_released_and_another_takes_over,
        a_stopped_agent_misses_nothing_unreported,
    )
}

/// `irqlink watch` as a process of its own.
struct Watch {
    child: Child,
}

impl Watch {
    /// Starts it, and returns once the kernel knows its agent.
    fn start(arguments: &[&str]) -> Result<Watch, Failed> {
        let child = Command::new("irqlink")
            .args(["watch", SOURCE, "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let watch = Watch { child };
        wait_until("the agent registers", || watch.registered())?;
        Ok(watch)
    }

    fn registered(&self) -> Result<bool, Failed> {
        let consumers = Control::open()?.consumers(None)?;
        Ok(consumers
            .iter()
            .any(|one| one.kind == ConsumerKind::Agent && one.pid == self.child.id()))
    }

    fn signal(&self, signal: Signal) -> Outcome {
        Ok(kill(Pid::from_raw(self.child.id() as i32), signal)?)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended already, as the test wished.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn a_killed_agent_is_released_and_another_takes_over() -> Outcome {
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;

    let mut watch = Watch::start(&[])?;
    board.raise_many(20)?;
    watch.signal(Signal::SIGKILL)?;
    watch.child.wait()?;
    wait_until("the dead agent is released", || Ok(!watch.registered()?))?;
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

    let mut watch = Watch::start(&[])?;
    watch.signal(Signal::SIGSTOP)?;
    board.raise_many(COUNT as usize)?;
    watch.signal(Signal::SIGCONT)?;

    let mut next = first;
    let output = watch.child.stdout.take().ok_or("no output")?;
    for line in BufReader::new(output).lines() {
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
