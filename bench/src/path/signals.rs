//! The signals of the paths by signal: a real-time one for each delivery, and `SIGIO`, which the
//! kernel sends when the queue of those is full.

use std::mem::MaybeUninit;

use irqlink::Device;
use nix::errno::Errno;
use nix::sys::signal::SigSet;

use crate::error::{Error, Result};

/// Their numbers.
pub fn numbers() -> [i32; 2] {
    [libc::SIGRTMIN(), libc::SIGIO]
}

/// Blocks them in this thread, and has the kernel send them to it. Returns their set.
///
/// # Errors
/// The system's.
pub fn ask_for(device: &Device) -> Result<SigSet> {
    let set = set();
    set.thread_block().map_err(Error::system("block signals"))?;
    device.set_signal(numbers()[0])?;
    Ok(set)
}

/// Their set; nix knows real-time signals by no name.
fn set() -> SigSet {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set, and sigaddset does not fail for signals that exist.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for number in numbers() {
            libc::sigaddset(set.as_mut_ptr(), number);
        }
        SigSet::from_sigset_t_unchecked(set.assume_init())
    }
}

/// A set without them.
pub fn without(set: SigSet) -> SigSet {
    let mut set = *set.as_ref();
    for number in numbers() {
        // SAFETY: the set is initialised, and the signals exist.
        unsafe { libc::sigdelset(&mut set, number) };
    }
    // SAFETY: the set is initialised.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// Sleeps until one of them comes, and takes it, or until the handler of another one has run.
///
/// # Errors
/// The system's.
#[inline]
pub fn take_one(set: &SigSet) -> Result<()> {
    // SAFETY: the set outlives the call; what came with the signal is not asked for.
    let result = unsafe { libc::sigwaitinfo(set.as_ref(), std::ptr::null_mut()) };
    match Errno::result(result) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(Error::system("wait for a signal")(errno)),
    }
}

/// Has a function handle them, in whatever thread they come to.
///
/// # Errors
/// The system's.
pub fn handle(handler: extern "C" fn(libc::c_int)) -> Result<()> {
    for number in numbers() {
        // SAFETY: zeroes are a valid sigaction, which is then filled.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = handler as usize;
        // SAFETY: `action` outlives the call. The handler runs in `sigsuspend` only, see there.
        let result = unsafe { libc::sigaction(number, &action, std::ptr::null_mut()) };
        Errno::result(result).map_err(Error::system("handle a signal"))?;
    }
    Ok(())
}

/// Sleeps until a handler has run: theirs, or that of a signal that was not blocked before.
pub fn suspend(blocked: &SigSet) {
    // SAFETY: the set outlives the call, which always comes back with EINTR.
    unsafe { libc::sigsuspend(blocked.as_ref()) };
}
