//! A running load: a process of its own, with ordinary scheduling on all CPUs, that does not outlive
//! this one.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Load, Program};
use crate::error::{Error, Result};

/// Until the load is what it will be.
const SETTLE: Duration = Duration::from_millis(500);
/// For ending when asked to.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running load; ends when dropped.
#[derive(Debug)]
pub struct Child(process::Child);

impl Child {
    /// Starts a load; returns when it is in effect.
    ///
    /// # Errors
    /// [`Error::Load`].
    pub fn start(load: Load, program: &Program) -> Result<Self> {
        let error = |why: String| Error::Load {
            load,
            program: program.to_string(),
            why,
        };
        let mut child = spawn(program.command()).map_err(|failure| error(failure.to_string()))?;
        thread::sleep(SETTLE);
        if let Ok(Some(status)) = child.0.try_wait() {
            let mut words = String::new();
            let stderr = child.0.stderr.take();
            let _ = stderr.map(|mut stderr| stderr.read_to_string(&mut words));
            return Err(error(format!("it ended with {status}: {}", words.trim())));
        }
        Ok(child)
    }
}

fn spawn(mut command: Command) -> io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    // SAFETY: between fork and exec it makes system calls only.
    unsafe { command.pre_exec(forget_scheduling) };
    command.spawn().map(Child)
}

/// A child would inherit the real-time priority and the CPUs of the thread that triggers.
fn forget_scheduling() -> io::Result<()> {
    let ordinary = libc::sched_param { sched_priority: 0 };
    // SAFETY: sched_setscheduler() reads a structure that lives meanwhile.
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_OTHER, &ordinary) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut all = CpuSet::new();
    for cpu in 0..CpuSet::count() {
        all.set(cpu)?;
    }
    // The kernel leaves out the CPUs that there are not.
    sched_setaffinity(Pid::from_raw(0), &all)?;
    Ok(set_pdeathsig(Signal::SIGTERM)?)
}

impl Drop for Child {
    fn drop(&mut self) {
        let id = Pid::from_raw(self.0.id() as i32);
        // It fails if the process has ended, which is what is wanted.
        let _ = kill(id, Signal::SIGTERM);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_load_ends_when_it_is_dropped() {
        let child = spawn(shell("exec sleep 100")).unwrap();
        let id = Pid::from_raw(child.0.id() as i32);
        assert!(kill(id, None).is_ok());
        drop(child);
        assert!(kill(id, None).is_err());
    }

    #[test]
    fn one_that_does_not_listen_ends_too() {
        let child = spawn(shell("trap '' TERM; while :; do sleep 0.01; done")).unwrap();
        let id = Pid::from_raw(child.0.id() as i32);
        thread::sleep(Duration::from_millis(100));
        drop(child);
        assert!(kill(id, None).is_err());
    }

    /// That it takes the options, and goes on with them.
    #[test]
    fn stress_ng_makes_each_load() {
        for load in [Load::Cpu, Load::Memory, Load::Network, Load::Interrupts] {
            let program = Program::find(load).unwrap();
            assert!(
                program.to_string().starts_with("stress-ng "),
                "install stress-ng (hw-tests/packages.sh does), not {program}"
            );
            Child::start(load, &program).unwrap();
        }
    }
}
