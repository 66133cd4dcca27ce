//! A thread's scheduling, as the kernel shows it (`proc_pid_stat(5)`, `proc_pid_status(5)`).

use std::collections::BTreeMap;

use std::path::Path;

use irqlink::realtime::Step;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::text;

/// A thread's scheduling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadState {
    /// `SCHED_FIFO`, `SCHED_OTHER`, ...
    pub policy: String,
    /// Real-time priority, 0 without.
    pub priority: u32,
    /// CPUs that it may run on, as a list.
    pub cpus: String,
    /// KiB of its process locked in memory.
    pub locked_kib: u64,
    /// What its real-time set-up has put into effect, as the library read it back.
    #[serde(default)]
    pub setup: BTreeMap<String, String>,
}

impl ThreadState {
    /// Reads that of a thread of this process.
    pub fn read(thread: Pid, setup: &[Step]) -> Option<Self> {
        Self::of(Path::new(&format!("/proc/self/task/{thread}")), setup)
    }

    /// Reads that of the thread whose folder in `/proc` it is.
    pub fn of(folder: &Path, setup: &[Step]) -> Option<Self> {
        let stat = text(folder.join("stat"))?;
        let status = text(folder.join("status"))?;
        let setup = setup
            .iter()
            .map(|step| (step.name.to_owned(), step.effective.clone()));
        Some(ThreadState {
            setup: setup.collect(),
            ..parse(&stat, &status)?
        })
    }
}

fn parse(stat: &str, status: &str) -> Option<ThreadState> {
    let value = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line[key.len()..].split_whitespace().next()
    };
    Some(ThreadState {
        policy: policy(field(stat, 41)?.parse().ok()?),
        priority: field(stat, 40)?.parse().ok()?,
        cpus: value("Cpus_allowed_list:")?.to_owned(),
        // A kernel thread has no memory of its own.
        locked_kib: value("VmLck:").map_or(Some(0), |kib| kib.parse().ok())?,
        setup: BTreeMap::new(),
    })
}

/// A thread whose `stat` file reads so is asleep and waits for an event.
pub fn is_asleep(stat: &str) -> bool {
    field(stat, 3) == Some("S")
}

/// A field of a `stat` file by its number in the manual, 3 or more. The second one is the
/// program's name in parentheses, which may contain anything.
fn field(stat: &str, number: usize) -> Option<&str> {
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split_whitespace().nth(number - 3)
}

fn policy(number: i32) -> String {
    match number {
        libc::SCHED_OTHER => "SCHED_OTHER".into(),
        libc::SCHED_FIFO => "SCHED_FIFO".into(),
        libc::SCHED_RR => "SCHED_RR".into(),
        libc::SCHED_BATCH => "SCHED_BATCH".into(),
        libc::SCHED_IDLE => "SCHED_IDLE".into(),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "97 (a) S (b) S 1 1 1 0 -1 4194560 89 0 0 0 1 2 0 0 -81 0 2 0 512 3403776 \
        351 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 80 1 0 0 0 0 0 0 0 0 0 0 0";
    const STATUS: &str =
        "Name:\ta\nVmLck:\t    2048 kB\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n";

    #[test]
    fn scheduling_is_read_back() {
        let expected = ThreadState {
            policy: "SCHED_FIFO".into(),
            priority: 80,
            cpus: "0-1".into(),
            locked_kib: 2048,
            setup: BTreeMap::new(),
        };
        assert_eq!(parse(STAT, STATUS), Some(expected));
    }

    #[test]
    fn this_thread_can_be_read() {
        let step = Step {
            name: "scheduler",
            asked: "fifo 1".into(),
            effective: "other".into(),
            fulfilled: false,
            advice: None,
        };
        let state = ThreadState::read(nix::unistd::gettid(), &[step]).unwrap();
        assert_eq!(state.setup["scheduler"], "other");
    }

    #[test]
    fn sleeping_is_told_from_running() {
        assert!(is_asleep(STAT));
        assert!(!is_asleep(&STAT.replace(") S 1", ") R 1")));
        assert!(!is_asleep(""));
    }
}
