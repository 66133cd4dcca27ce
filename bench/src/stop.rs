//! Signals: Ctrl-C ends a run early, and a sleeping receiver is woken to end.

use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::pthread::pthread_kill;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::error::{Error, Result};

/// Wakes a receiver.
const WAKE: Signal = Signal::SIGUSR1;
/// Ask the program to stop; the second time they end it at once.
const STOP: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

static REQUESTED: AtomicBool = AtomicBool::new(false);

extern "C" fn request(_: libc::c_int) {
    REQUESTED.store(true, Ordering::Relaxed);
}

extern "C" fn wake(_: libc::c_int) {}

/// Handles the signals.
///
/// # Errors
/// The system's.
pub fn install() -> Result<()> {
    for signal in STOP {
        handle(signal, request, SaFlags::SA_RESTART | SaFlags::SA_RESETHAND)?;
    }
    // Without SA_RESTART, so that what the receiver waits in comes back.
    handle(WAKE, wake, SaFlags::empty())
}

fn handle(signal: Signal, handler: extern "C" fn(libc::c_int), flags: SaFlags) -> Result<()> {
    let action = SigAction::new(SigHandler::Handler(handler), flags, SigSet::empty());
    // SAFETY: the handlers do nothing but store to an atomic.
    unsafe { sigaction(signal, &action) }
        .map(drop)
        .map_err(Error::system("handle signals"))
}

/// The program was asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Leaves the signals that ask the program to stop to other threads.
///
/// # Errors
/// The system's.
pub fn leave_to_other_threads() -> Result<()> {
    SigSet::from_iter(STOP)
        .thread_block()
        .map_err(Error::system("block signals"))
}

/// Wakes a thread until it has ended. It may be about to sleep, so once is not enough.
pub fn wake_until_ended<T>(thread: &JoinHandle<T>) {
    while !thread.is_finished() {
        // It fails for a thread that has just ended, which is what is waited for.
        let _ = pthread_kill(thread.as_pthread_t(), WAKE);
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeping_thread_is_woken_to_end() {
        install().unwrap();
        let thread = thread::spawn(nix::unistd::pause);
        wake_until_ended(&thread);
        thread.join().unwrap();
    }
}
