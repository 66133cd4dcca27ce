//! A `read` on the device file that sleeps.

use irqlink::{Access, BlockingReader, Device, Event, Start};

use super::Listener;
use super::own::Own;
use crate::error::Result;

pub const PATH: Own = Own::new(
    "read-blocking",
    "read (copy_to_user) on the device file, which sleeps itself",
    |source| {
        let device = Device::open(source, Access::Read)?;
        Ok(Box::new(BlockingReader::new(device, Start::Next)?))
    },
);

impl Listener for BlockingReader {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        BlockingReader::wait(self, handler)?;
        Ok(())
    }
}
