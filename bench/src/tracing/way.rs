//! When the kernel woke a thread, gave it the CPU, and let it return: what lies between the interrupt and the
//! program. The times are those of `CLOCK_MONOTONIC`, as the event's stamps.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

use super::{Instance, TRACEFS, error};
use crate::error::Result;

/// Bytes that the points of one event take in the ring buffer, at most.
const EVENT_SIZE: u64 = 1024;

/// What the kernel does for the receiver, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Wakes it.
    Waking,
    /// Gives it the CPU.
    Running,
    /// Returns from its system call.
    Returning,
}

/// Tracepoint of each, and the field that has the receiver's number.
const MARKS: [(Mark, &str, &str); 3] = [
    (Mark::Waking, "sched/sched_waking", "pid"),
    (Mark::Running, "sched/sched_switch", "next_pid"),
    (Mark::Returning, "raw_syscalls/sys_exit", "common_pid"),
];

/// Traces what the kernel does for one thread.
pub struct WayTrace {
    instance: Instance,
    /// Type of each event in the ring buffer.
    types: Vec<(u32, Mark)>,
}

impl WayTrace {
    /// Finds out whether there can be one.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn check() -> Result<()> {
        types().and_then(|_| Instance::new(64)).map(drop)
    }

    /// Begins. There is room for `events` on each CPU.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn begin(thread: Pid, events: u64) -> Result<Self> {
        let types = types()?;
        let instance = Instance::new(events * EVENT_SIZE / 1024 + 64)?;
        instance.write("trace_clock", "mono")?;
        // Whole nanoseconds, which lines for people do not have.
        instance.write("trace_options", "raw")?;
        for (_, event, field) in MARKS {
            instance.enable(event, Some(&format!("{field} == {thread}")))?;
        }
        Ok(WayTrace { instance, types })
    }

    /// Notes no more. Waits for nothing, which the rest does, for the kernel's RCU.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn stop(&self) -> Result<()> {
        self.instance.write("tracing_on", "0")
    }

    /// What has happened, in order.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn read(&self) -> Result<Vec<(u64, Mark)>> {
        let text = self.instance.read("trace")?;
        let marks = text.lines().filter_map(|line| parse(line, &self.types));
        let mut marks: Vec<_> = marks.collect();
        marks.sort_by_key(|(time, _)| *time);
        Ok(marks)
    }
}

fn types() -> Result<Vec<(u32, Mark)>> {
    let number = |(mark, event, _): (Mark, &str, &str)| {
        let path = format!("{TRACEFS}/events/{event}/id");
        let path = Path::new(&path);
        let text = fs::read_to_string(path).map_err(error(path))?;
        let number = text.trim().parse().map_err(std::io::Error::other);
        Ok((number.map_err(error(path))?, mark))
    };
    MARKS.into_iter().map(number).collect()
}

/// A raw line of `trace`: `pid cpu nanoseconds type: number` (kernel/trace/trace.c: print_raw_fmt,
/// trace_nop_print).
fn parse(line: &str, types: &[(u32, Mark)]) -> Option<(u64, Mark)> {
    let (before, number) = line.split_once(" type: ")?;
    let time = before.split_whitespace().nth(2)?.parse().ok()?;
    let number: u32 = number.trim().parse().ok()?;
    let (_, mark) = types.iter().find(|(known, _)| *known == number)?;
    Some((time, *mark))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPES: [(u32, Mark); 2] = [(316, Mark::Waking), (314, Mark::Running)];

    #[test]
    fn raw_lines_of_the_trace() {
        let text = "# tracer: nop\n0 1 4123456789 type: 316\nCPU:0 [LOST 3 EVENTS]\n\
            97 0 4123460000 type: 314\n97 0 4123460000 type: 9\n";
        let parsed: Vec<_> = text
            .lines()
            .filter_map(|line| parse(line, &TYPES))
            .collect();
        let expected = [
            (4_123_456_789, Mark::Waking),
            (4_123_460_000, Mark::Running),
        ];
        assert_eq!(parsed, expected);
    }

    proptest! {
        #[test]
        fn other_lines_are_no_marks(line: String) {
            prop_assert_eq!(parse(&line, &TYPES), None);
        }
    }
}
