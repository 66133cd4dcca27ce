//! A real-time signal, waited for, that says the device file can be read.

use irqlink::{Access, Device, Event, FileReader, Progress, Receiver, Start};
use nix::sys::signal::SigSet;

use super::own::Own;
use super::{Listener, signals};
use crate::error::Result;

pub const PATH: Own = Own::new(
    "sigwaitinfo",
    "real-time signal for the device file: sigwaitinfo, read of the file",
    |source| {
        let device = Device::open(source, Access::Read)?;
        Ok(Box::new(Waiter {
            set: signals::ask_for(&device)?,
            file: FileReader::new(device, Start::Next)?,
        }))
    },
);

struct Waiter {
    set: SigSet,
    file: FileReader,
}

impl Listener for Waiter {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        signals::take_one(&self.set)?;
        while self.file.drain(handler)? == Progress::More {}
        Ok(())
    }
}
