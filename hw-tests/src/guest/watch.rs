//! `irqlink watch` as a process of its own.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

use irqlink::{ConsumerKind, Control};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::board::{Outcome, wait_until};

/// The process; it is killed when the test ends.
pub struct Watch {
    child: Child,
}

impl Watch {
    /// Starts it, and returns once the kernel knows its agent.
    pub fn start(source: &str, options: &[&str]) -> Result<Watch, Failed> {
        let child = Command::new("irqlink")
            .args(["watch", source, "--json"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start irqlink: {e}"))?;
        let watch = Watch { child };
        wait_until("the agent registers", || watch.registered())?;
        Ok(watch)
    }

    /// Kills it, and returns once the kernel has let its agent go.
    pub fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        wait_until("the dead agent is released", || Ok(!self.registered()?))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Outcome {
        Ok(kill(Pid::from_raw(self.child.id() as i32), signal)?)
    }

    /// Returns once it has ended by itself.
    pub fn wait(&mut self) -> Result<ExitStatus, Failed> {
        Ok(self.child.wait()?)
    }

    /// What it prints.
    pub fn lines(&mut self) -> Result<impl Iterator<Item = io::Result<String>> + use<>, Failed> {
        let output = self.child.stdout.take().ok_or("its output was taken")?;
        Ok(BufReader::new(output).lines())
    }

    fn registered(&self) -> Result<bool, Failed> {
        let consumers = Control::open()?.consumers(None)?;
        Ok(consumers
            .iter()
            .any(|one| one.kind == ConsumerKind::Agent && one.pid == self.child.id()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended already, as the test wished.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
