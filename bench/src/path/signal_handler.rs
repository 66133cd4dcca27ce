//! A real-time signal, whose handler reads the device file.
//!
//! The signal is blocked but for the thread's sleep, so its handler interrupts no other code and
//! may do what it likes.

use std::cell::Cell;
use std::ptr::null_mut;

use irqlink::{Access, Device, Event, FileReader, Progress, Receiver, Start};
use nix::sys::signal::SigSet;

use super::own::Own;
use super::{Listener, signals};
use crate::error::{Error, Result};

pub const PATH: Own = Own::new(
    "signal-handler",
    "real-time signal for the device file: sigsuspend, in the handler a read of the file",
    |source| {
        let device = Device::open(source, Access::Read)?;
        signals::ask_for(&device)?;
        signals::handle(handle)?;
        let awake = SigSet::thread_get_mask().map_err(Error::system("read the blocked signals"))?;
        Ok(Box::new(Sleeper {
            asleep: signals::without(awake),
            file: FileReader::new(device, Start::Next)?,
        }))
    },
);

/// What the handler is to do, while the thread sleeps.
struct Task<'a> {
    file: &'a mut FileReader,
    handler: &'a mut dyn FnMut(Event<'_>),
    outcome: irqlink::Result<()>,
}

thread_local! {
    static TASK: Cell<*mut Task<'static>> = const { Cell::new(null_mut()) };
}

extern "C" fn handle(_: libc::c_int) {
    // SAFETY: it is null, or the task of the `wait` in whose sleep this runs, in the same thread.
    let Some(task) = (unsafe { TASK.get().as_mut() }) else {
        return;
    };
    while task.outcome.is_ok() {
        match task.file.drain(task.handler) {
            Ok(Progress::More) => {}
            outcome => return task.outcome = outcome.map(drop),
        }
    }
}

struct Sleeper {
    /// What stays blocked in the sleep.
    asleep: SigSet,
    file: FileReader,
}

impl Listener for Sleeper {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let mut task = Task {
            file: &mut self.file,
            handler,
            outcome: Ok(()),
        };
        TASK.set((&raw mut task).cast());
        signals::suspend(&self.asleep);
        TASK.set(null_mut());
        Ok(task.outcome?)
    }
}
