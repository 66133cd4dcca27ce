//! The driver has its device raise the interrupt.

use irqlink::{Access, Device};

use super::Raise;
use crate::error::Result;

/// Through a file of its own.
pub struct Driver(Device);

impl Driver {
    /// Opens the source.
    ///
    /// # Errors
    /// Those of [`Device::open`].
    pub fn open(source: &str) -> Result<Self> {
        Ok(Driver(Device::open(source, Access::ReadWrite)?))
    }
}

impl Raise for Driver {
    fn raise(&mut self) -> Result<()> {
        Ok(self.0.trigger()?)
    }

    fn head(&self) -> Result<u64> {
        Ok(self.0.info()?.head)
    }
}
