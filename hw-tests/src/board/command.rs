//! The command, and what ends it early.

use std::io::{self, Read, stdin};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use irqlink_hw_tests::remote;

/// How often the caller's turn comes.
const TURN: Duration = Duration::from_millis(200);
/// How long the command may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// What happens meanwhile.
enum Event {
    /// The command has ended.
    Ended(io::Result<ExitStatus>),
    /// It is to be stopped, and why.
    Stop(&'static str),
}

/// The command, running, with all that it starts.
pub struct Command {
    group: Pid,
    events: Receiver<Event>,
}

impl Command {
    /// Starts it.
    pub fn start(argv: &[String]) -> Result<Command, String> {
        let (program, arguments) = argv.split_first().ok_or("no command")?;
        let (tell, events) = channel();
        watch(&tell).map_err(|e| format!("cannot watch for signals: {e}"))?;
        let child = std::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|e| format!("cannot start {program}: {e}"))?;
        let group = Pid::from_raw(child.id() as i32);
        reap(child, tell);
        Ok(Command { group, events })
    }

    /// Waits for its end, at most that long, with a turn for `meanwhile` now and then; gives its exit
    /// status, or [`remote::TIMED_OUT`].
    ///
    /// # Errors
    /// If it was stopped from outside.
    pub fn wait(self, limit: Duration, meanwhile: &mut dyn FnMut()) -> Result<u8, String> {
        let deadline = Instant::now() + limit;
        loop {
            meanwhile();
            match self.events.recv_timeout(TURN) {
                Ok(Event::Ended(status)) => return code(status),
                Ok(Event::Stop(why)) => {
                    self.stop();
                    return Err(format!("the command was stopped: {why}"));
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    self.stop();
                    eprintln!(
                        "irqlink-board: the command still ran after {limit:?}, and was stopped"
                    );
                    return Ok(remote::TIMED_OUT);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err("nobody watches".into()),
            }
        }
    }

    fn stop(&self) {
        // If it ended this moment there is nobody left to hear.
        let _ = killpg(self.group, Signal::SIGTERM);
        let deadline = Instant::now() + GRACE;
        while let Ok(event) = self
            .events
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if let Event::Ended(_) = event {
                break;
            }
        }
        let _ = killpg(self.group, Signal::SIGKILL);
    }
}

/// Tells of signals, and of the end of the standard input.
fn watch(tell: &Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let of_signals = tell.clone();
    thread::spawn(move || {
        for _ in &mut signals {
            // Nobody listens any more when all is over.
            let _ = of_signals.send(Event::Stop("a signal came"));
        }
    });
    let of_input = tell.clone();
    thread::spawn(move || {
        let mut byte = [0];
        while matches!(stdin().lock().read(&mut byte), Ok(1)) {}
        let _ = of_input.send(Event::Stop("the lab has hung up"));
    });
    Ok(())
}

fn reap(mut child: Child, tell: Sender<Event>) {
    thread::spawn(move || {
        let _ = tell.send(Event::Ended(child.wait()));
    });
}

fn code(status: io::Result<ExitStatus>) -> Result<u8, String> {
    let status = status.map_err(|e| format!("cannot wait for the command: {e}"))?;
    match status.code().map(|code| code as u8) {
        Some(code) if !remote::OWN.contains(&code) => Ok(code),
        _ => Err(format!("the command ended by {status}")),
    }
}
