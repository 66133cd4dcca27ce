//! An ioctl on the device file that sleeps, and copies one event.

use irqlink::{Access, Device, Event};

use super::Listener;
use super::own::Own;
use crate::error::Result;

pub const PATH: Own = Own::new(
    "ioctl",
    "ioctl (copy_to_user) on the device file, which sleeps itself",
    |source| Ok(Box::new(Device::open(source, Access::Read)?)),
);

impl Listener for Device {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        match Device::wait(self) {
            Ok(Some(record)) => handler(Event::from(&record)),
            Ok(None) => {}
            Err(irqlink::Error::Gone { .. }) => handler(Event::Gone {
                source: self.source(),
            }),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
