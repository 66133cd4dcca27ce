//! The processes of the job: started in order, listened to, reaped.
//!
//! One thread polls all pipes, and one more that SIGCHLD writes to, so that an idle init executes
//! nothing that would show in a path length.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::{BIN_DIR, Step};

use crate::output::Output;
use crate::port::Port;

/// How long a background step may take to end after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(10);

struct Child {
    pid: Pid,
    number: u16,
    name: String,
    outputs: Vec<Output>,
    /// Text of the step's `ready` that no output has shown yet.
    awaited: Option<String>,
    status: Option<ExitStatus>,
}

impl Child {
    fn start(number: u16, step: &Step, env: &BTreeMap<String, String>) -> io::Result<Child> {
        let (program, args) = step.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let program = if program.contains('/') {
            program.clone()
        } else {
            format!("{BIN_DIR}/{program}")
        };
        let mut process = Command::new(program)
            .args(args)
            .envs(env)
            .env("PATH", BIN_DIR)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .map(|pipe| Output::new(Kind::Stdout, pipe.into()));
        let stderr = process
            .stderr
            .take()
            .map(|pipe| Output::new(Kind::Stderr, pipe.into()));
        Ok(Child {
            pid: Pid::from_raw(process.id() as libc::pid_t),
            number,
            name: step.argv.join(" "),
            outputs: [stdout, stderr]
                .into_iter()
                .flatten()
                .collect::<io::Result<_>>()?,
            awaited: step.ready.clone(),
            status: None,
        })
    }

    /// Passes on what the process wrote.
    fn forward(&mut self, port: &mut Port) {
        for output in &mut self.outputs {
            let shown = output.forward(self.number, self.awaited.as_deref(), port);
            if shown {
                self.awaited = None;
            }
        }
        self.outputs.retain(|output| !output.at_end);
    }

    fn failure(&self) -> Option<String> {
        let status = self.status.filter(|status| !status.success())?;
        Some(format!("{}: {status}", self.name))
    }
}

/// The job's processes.
pub struct Children<'a> {
    port: &'a mut Port,
    sigchld: UnixStream,
    children: Vec<Child>,
}

impl<'a> Children<'a> {
    /// None yet.
    pub fn new(port: &'a mut Port) -> Result<Self, String> {
        let pipe = || -> io::Result<UnixStream> {
            let (read, write) = UnixStream::pair()?;
            read.set_nonblocking(true)?;
            signal_hook::low_level::pipe::register(libc::SIGCHLD, write)?;
            Ok(read)
        };
        let sigchld = pipe().map_err(|e| format!("cannot watch for SIGCHLD: {e}"))?;
        Ok(Children {
            port,
            sigchld,
            children: Vec::new(),
        })
    }

    /// Starts a step; waits for its end or, in the background, until it is ready.
    pub fn step(
        &mut self,
        number: u16,
        step: &Step,
        env: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        if step.alone {
            self.stop()?;
        }
        self.port.send(Kind::Start, number, &[]);
        let child = Child::start(number, step, env)
            .map_err(|e| format!("{}: cannot start: {e}", step.argv.join(" ")))?;
        let index = self.children.len();
        self.children.push(child);
        loop {
            let child = &self.children[index];
            match (child.failure(), &child.awaited, step.background) {
                (Some(failure), ..) => return Err(failure),
                (None, None, true) => return Ok(()),
                (None, Some(text), true) if child.status.is_some() => {
                    return Err(format!("{}: ended without saying \"{text}\"", child.name));
                }
                (None, _, false) if child.status.is_some() => return Ok(()),
                _ => self.turn(PollTimeout::NONE)?,
            }
        }
    }

    /// Ends what runs in the background.
    pub fn stop(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + STOP_LIMIT;
        self.signal(Signal::SIGTERM);
        while self.children.iter().any(|child| child.status.is_none()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.turn(PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX))?;
        }
        let running: Vec<_> = self
            .children
            .iter()
            .filter(|c| c.status.is_none())
            .map(|c| c.name.clone())
            .collect();
        self.signal(Signal::SIGKILL);
        if !running.is_empty() {
            return Err(format!(
                "{}: still ran {STOP_LIMIT:?} after SIGTERM",
                running.join(", ")
            ));
        }
        self.children
            .iter()
            .find_map(Child::failure)
            .map_or(Ok(()), Err)
    }

    fn signal(&self, signal: Signal) {
        for child in self.children.iter().filter(|child| child.status.is_none()) {
            // It may have ended a moment ago, not yet reaped: nothing to do then.
            let _ = kill(child.pid, signal);
        }
    }

    /// Waits for output or an end, and passes it on.
    fn turn(&mut self, timeout: PollTimeout) -> Result<(), String> {
        let outputs = self
            .children
            .iter()
            .flat_map(|child| &child.outputs)
            .map(Output::as_fd);
        let mut fds: Vec<_> = [self.sigchld.as_fd()]
            .into_iter()
            .chain(outputs)
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(format!("cannot poll: {e}")),
        }
        while matches!(io::Read::read(&mut self.sigchld, &mut [0; 64]), Ok(n) if n > 0) {}
        let ended = reap();
        for child in &mut self.children {
            child.forward(self.port);
            if let Some((_, status)) = ended
                .iter()
                .find(|(pid, _)| *pid == child.pid && child.status.is_none())
            {
                child.status = Some(*status);
                child.outputs.clear(); // a grandchild may hold them open for ever
                self.port
                    .send(Kind::Exit, child.number, &status.into_raw().to_le_bytes());
            }
        }
        Ok(())
    }
}

/// Every process that ended, the orphans that process 1 inherits among them.
fn reap() -> Vec<(Pid, ExitStatus)> {
    let mut ended = Vec::new();
    loop {
        let mut status = 0;
        // SAFETY: waitpid writes to `status` only, which outlives the call.
        let pid = unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) };
        if pid <= 0 {
            return ended;
        }
        ended.push((Pid::from_raw(pid), ExitStatus::from_raw(status)));
    }
}
