//! `irqlink agent`, while modules come and go.

use std::fs::{self, File};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use irqlink::{Consumer, Control};
use libtest_mimic::Failed;
use nix::kmod::{DeleteModuleFlags, delete_module};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::board::*;
use crate::removal::{load_all, unload_all};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("service":
        what_was_sent_before_the_modules_left_is_told,
        what_came_before_it_saw_the_modules_is_received,
        it_hears_again_though_its_socket_was_full,
    )
}

const EVENTS: &str = "/tmp/agent.events";
const MESSAGES: &str = "/tmp/agent.messages";

/// The process; it is killed when the test ends.
struct Service {
    child: Child,
}

impl Service {
    fn start(arguments: &[&str]) -> Result<Service, Failed> {
        let child = Command::new("irqlink")
            .args(["agent", "--json"])
            .args(arguments)
            .stdout(File::create(EVENTS)?)
            .stderr(File::create(MESSAGES)?)
            .spawn()?;
        Ok(Service { child })
    }

    /// Returns once it has registered for [`SOURCE`] so many times.
    fn registers(&self, times: usize) -> Outcome {
        self.says(times, &format!("{SOURCE}: registered"))
    }

    /// Returns once it has said these words so many times.
    fn says(&self, times: usize, words: &str) -> Outcome {
        let said = || fs::read_to_string(MESSAGES).unwrap_or_default();
        wait_until(words, || Ok(said().matches(words).count() >= times))
            .map_err(|error| format!("{error:?}, it said: {}", said()).into())
    }

    /// Has it sleep through what `work` does.
    fn sleeps_through(&self, work: impl FnOnce() -> Outcome) -> Outcome {
        self.signal(Signal::SIGSTOP)?;
        let outcome = work();
        self.signal(Signal::SIGCONT)?;
        outcome
    }

    fn signal(&self, signal: Signal) -> Outcome {
        Ok(kill(Pid::from_raw(self.child.id() as i32), signal)?)
    }

    /// What the kernel knows of it.
    fn ledger(&self) -> Result<Consumer, Failed> {
        let consumers = Control::open()?.consumers(None)?;
        let mut mine = consumers
            .into_iter()
            .filter(|one| one.pid == self.child.id());
        Ok(mine.next().ok_or("it is not registered")?)
    }

    /// Sequence numbers of the events of [`SOURCE`] that it printed; 0 for its end.
    fn printed(&self) -> Result<Vec<u64>, Failed> {
        let text = fs::read_to_string(EVENTS)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut printed = Vec::new();
        for line in whole.lines() {
            let event: Value = serde_json::from_str(line)?;
            ensure!(event["event"] != "lost", "lost: {event}");
            if event["source"] == SOURCE {
                printed.push(event["seq"].as_u64().unwrap_or(0));
            }
        }
        Ok(printed)
    }

    /// Returns once it has printed this, and nothing else.
    fn prints(&self, expected: &[u64]) -> Outcome {
        let enough = wait_until("all events", || Ok(self.printed()?.len() >= expected.len()));
        let printed = self.printed()?;
        ensure!(
            enough.is_ok() && printed == expected,
            "{expected:?} should come, but this did: {printed:?}"
        );
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn raise_many(count: usize) -> Outcome {
    Board::open(SOURCE)?.raise_many(count)
}

/// More than it takes in one turn, in one message each.
fn what_was_sent_before_the_modules_left_is_told() -> Outcome {
    const COUNT: u64 = 100;
    let service = Service::start(&[SOURCE])?;
    service.registers(1)?;
    let first = Board::open(SOURCE)?.head()? + 1;
    service.sleeps_through(|| {
        for count in 1..=COUNT {
            raise_many(1)?;
            wait_until("it is sent", || Ok(service.ledger()?.delivered == count))?;
        }
        unload_all()
    })?;
    load_all()?;
    service.registers(2)?;
    raise_many(1)?;

    let mut expected: Vec<u64> = (first..first + COUNT).collect();
    expected.extend([0, 1]);
    service.prints(&expected)
}

fn what_came_before_it_saw_the_modules_is_received() -> Outcome {
    unload_all()?;
    // `all` wins.
    let service = Service::start(&["nothing", "all"])?;
    let waits = service.says(1, "waiting for the kernel module");
    service.sleeps_through(|| {
        load_all()?;
        raise_many(3)
    })?;
    waits?;
    service.prints(&[1, 2, 3])
}

/// Its source leaves while the end has no room in the socket, and the core before it had.
fn it_hears_again_though_its_socket_was_full() -> Outcome {
    let service = Service::start(&[SOURCE, "--rcvbuf", "1"])?;
    service.registers(1)?;
    service.sleeps_through(|| {
        raise_many(200)?;
        let ledger = service.ledger()?;
        ensure!(ledger.pending > 0, "there was room for all: {ledger:?}");
        Ok(delete_module(
            c"irqlink_pci",
            DeleteModuleFlags::O_NONBLOCK,
        )?)
    })?;
    wait_until("it reads", || Ok(!service.printed()?.is_empty()))?;
    // It looks for the source now; the kernel tries again in up to 0.1 s.
    thread::sleep(Duration::from_millis(20));
    unload_all()?;
    load_all()?;
    service.registers(2)
}
