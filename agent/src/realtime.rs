//! Real-time set-up of the process: each step is read back, never assumed.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::unistd::Pid;

use crate::rseq;
use crate::sys;
use crate::units::{CpuList, Nanoseconds};

/// What is asked for; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Keep all memory of the process in RAM (`mlockall`).
    pub lock_memory: bool,
    /// `SCHED_FIFO` with this priority, 1 to 99, for the calling thread.
    pub priority: Option<u8>,
    /// Leave restartable sequences, for the calling thread: each wake-up becomes shorter by some
    /// 170 instructions of the kernel's.
    pub leave_rseq: bool,
    /// Run the calling thread on these CPUs only.
    pub cpus: Option<CpuList>,
    /// Keep CPUs out of idle states that take longer to leave (`/dev/cpu_dma_latency`); whole
    /// microseconds.
    pub wake_latency: Option<Duration>,
}

/// One step of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// What is set up.
    pub name: &'static str,
    /// What was asked for.
    pub asked: String,
    /// What is in effect, read back from the system.
    pub effective: String,
    /// Whether the one is the other.
    pub fulfilled: bool,
    /// What to do if not.
    pub advice: Option<String>,
}

/// What came of a request. The wake-up latency holds as long as this lives.
#[derive(Debug)]
pub struct Setup {
    /// One for each thing asked for.
    pub steps: Vec<Step>,
    _latency: Option<File>,
}

impl Request {
    /// Sets up the calling thread and process, as far as possible.
    pub fn apply(&self) -> Setup {
        let mut steps = Vec::new();
        if self.lock_memory {
            steps.push(lock_memory());
        }
        if self.leave_rseq {
            steps.push(leave_rseq());
        }
        steps.extend(self.cpus.as_ref().map(set_cpus));
        let latency = self.wake_latency.map(|latency| {
            let (step, file) = set_wake_latency(latency);
            steps.push(step);
            file
        });
        steps.extend(self.priority.map(set_priority));
        Setup {
            steps,
            _latency: latency.flatten(),
        }
    }
}

fn lock_memory() -> Step {
    let set = mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE);
    let locked = locked_kilobytes();
    step(
        "memory lock",
        "all",
        match &locked {
            Ok(kilobytes) => format!("{kilobytes} kB"),
            Err(error) => error.to_string(),
        },
        set.is_ok() && locked.is_ok_and(|kilobytes| kilobytes > 0),
        refusal(
            set,
            "raise the limit of locked memory (ulimit -l, LimitMEMLOCK=) or grant CAP_IPC_LOCK",
        ),
    )
}

fn leave_rseq() -> Step {
    let left = rseq::leave();
    let is_off = left.is_ok() && !rseq::is_joined();
    step(
        "restartable sequences",
        "off",
        if is_off { "off" } else { "on" }.to_owned(),
        is_off,
        refusal(
            left,
            "start the program with GLIBC_TUNABLES=glibc.pthread.rseq=0",
        ),
    )
}

fn set_priority(priority: u8) -> Step {
    let set = sys::set_fifo(priority.into());
    let effective = sys::scheduler();
    step(
        "scheduler",
        format!("fifo {priority}"),
        match effective {
            Ok((libc::SCHED_FIFO, priority)) => format!("fifo {priority}"),
            Ok((libc::SCHED_OTHER, _)) => "other".to_owned(),
            Ok((policy, priority)) => format!("policy {policy}, priority {priority}"),
            Err(errno) => errno.desc().to_owned(),
        },
        effective == Ok((libc::SCHED_FIFO, priority.into())),
        refusal(
            set,
            "raise the limit of priority (ulimit -r, LimitRTPRIO=) or grant CAP_SYS_NICE; priorities are 1 to 99",
        ),
    )
}

fn set_cpus(cpus: &CpuList) -> Step {
    let this = Pid::from_raw(0);
    let mut set = CpuSet::new();
    let outcome = cpus
        .cpus()
        .iter()
        .try_for_each(|cpu| set.set(*cpu))
        .and_then(|()| sched_setaffinity(this, &set));
    let effective = affinity();
    step(
        "CPUs",
        cpus,
        match &effective {
            Ok(effective) => effective.to_string(),
            Err(errno) => errno.desc().to_owned(),
        },
        effective.as_ref() == Ok(cpus),
        refusal(
            outcome,
            "name CPUs that are online and that the process's cgroup allows (cpuset)",
        ),
    )
}

fn set_wake_latency(latency: Duration) -> (Step, Option<File>) {
    let asked = i32::try_from(latency.as_micros()).unwrap_or(i32::MAX);
    let set = request_wake_latency(asked);
    let (effective, file) = match set {
        Ok((effective, file)) => (Ok(effective), Some(file)),
        Err(error) => (Err(error), None),
    };
    let show = |microseconds: i32| Nanoseconds(microseconds.max(0) as u64 * 1000).to_string();
    let step = step(
        "wake-up latency",
        show(asked),
        match &effective {
            Ok(effective) => show(*effective),
            Err(error) => format!("not set: {error}"),
        },
        effective.is_ok_and(|effective| effective <= asked),
        Some("run as root, or give your group access to /dev/cpu_dma_latency; the kernel needs CONFIG_CPU_IDLE".to_owned()),
    );
    (step, file)
}

/// Asks for a bound in microseconds and reads back the one in effect. It ends with the file.
fn request_wake_latency(microseconds: i32) -> io::Result<(i32, File)> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/cpu_dma_latency")?;
    file.write_all(&microseconds.to_ne_bytes())?;
    let mut effective = [0; 4];
    file.read_exact(&mut effective)?;
    Ok((i32::from_ne_bytes(effective), file))
}

/// CPUs that the calling thread may run on.
///
/// # Errors
/// The system's.
pub fn affinity() -> nix::Result<CpuList> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok(CpuList::new(
        (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)),
    ))
}

/// `VmLck` of this process.
fn locked_kilobytes() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other("no VmLck in /proc/self/status"))
}

fn step(
    name: &'static str,
    asked: impl Display,
    effective: String,
    fulfilled: bool,
    advice: Option<String>,
) -> Step {
    let advice = advice.filter(|_| !fulfilled);
    Step {
        name,
        asked: asked.to_string(),
        effective,
        fulfilled,
        advice,
    }
}

fn refusal<T>(set: Result<T, Errno>, advice: &str) -> Option<String> {
    Some(match set {
        Ok(_) => advice.to_owned(),
        Err(errno) => format!("{}: {advice}", errno.desc()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_effect_is_read_back() {
        let cpus = affinity().unwrap();
        let request = Request {
            cpus: Some(cpus.clone()),
            ..Request::default()
        };
        let steps = request.apply().steps;
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].effective, cpus.to_string());
        assert!(steps[0].fulfilled && steps[0].advice.is_none());
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        // No machine has only the last CPU that a set can hold, and 0 is no FIFO priority.
        let request = Request {
            cpus: Some(CpuList::new([CpuList::MAX - 1])),
            priority: Some(0),
            ..Request::default()
        };
        let before = affinity().unwrap();
        for step in request.apply().steps {
            assert!(!step.fulfilled, "{step:?}");
            assert!(step.advice.is_some());
        }
        assert_eq!(affinity().unwrap(), before);
    }
}
