//! Ctrl-C: ends what the lab has started, and the lab at once; or asks for its end in order.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::error::{Context, Result};

/// What Ctrl-C does.
struct State {
    /// Somebody listens for it.
    is_heard: bool,
    /// It ends the lab at once.
    at_once: bool,
    /// It has asked for the end.
    requested: bool,
    /// Process groups that it ends.
    groups: Vec<Pid>,
}

static STATE: Mutex<State> = Mutex::new(State {
    is_heard: false,
    at_once: true,
    requested: false,
    groups: Vec::new(),
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While this is there, Ctrl-C only asks for the end; a second one ends at once.
pub struct InOrder;

impl InOrder {
    /// From now on.
    pub fn begin() -> Result<InOrder> {
        let state = heard().context(|| "cannot listen for Ctrl-C");
        state?.at_once = false;
        Ok(InOrder)
    }
}

impl Drop for InOrder {
    fn drop(&mut self) {
        state().at_once = true;
    }
}

/// Whether the end was asked for.
pub fn requested() -> bool {
    state().requested
}

/// The process group of a program, which Ctrl-C ends until this is dropped.
pub struct Group(Pid);

impl Group {
    /// Starts a program in a group of its own.
    pub fn start(command: &mut Command) -> io::Result<(Child, Group)> {
        // The state is locked meanwhile, so that none is started behind the back of Ctrl-C.
        let mut state = heard()?;
        let child = command.process_group(0).spawn()?;
        let group = Pid::from_raw(child.id() as i32);
        state.groups.push(group);
        Ok((child, Group(group)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        state().groups.retain(|group| *group != self.0);
    }
}

/// The state, once somebody listens.
fn heard() -> io::Result<MutexGuard<'static, State>> {
    let mut state = state();
    if !state.is_heard {
        let signals = Signals::new(heeded()?)?;
        thread::spawn(move || listen(signals));
        state.is_heard = true;
    }
    Ok(state)
}

/// Those signals that end a program, but for what its caller has it ignore, as nohup(1) does SIGHUP.
fn heeded() -> io::Result<Vec<i32>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_heeded = |signal: &i32| ignored.unwrap_or(0) & (1 << (signal - 1)) == 0;
    Ok([SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(is_heeded)
        .collect())
}

fn listen(mut signals: Signals) {
    for signal in signals.forever() {
        let mut state = state();
        for group in &state.groups {
            // What a shell has in the background does not heed SIGINT. Who ended this moment needs nothing.
            let _ = killpg(*group, Signal::SIGTERM);
        }
        if state.at_once {
            // It does not return, so the state stays locked to the end.
            let _ = emulate_default_handler(signal);
        }
        (state.at_once, state.requested) = (true, true);
    }
}
