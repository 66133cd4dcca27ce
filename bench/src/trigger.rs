//! The side that raises interrupts, one at a time.

use std::thread;
use std::time::Duration;

use irqlink::{Access, Device};

use crate::error::Result;
use crate::receiver::{Arrival, Receiver};

/// Raises interrupts of one source through a file of its own.
pub struct Trigger {
    device: Device,
    /// Pause before each.
    interval: Duration,
    /// How long an event may take.
    timeout: Duration,
    /// Sequence number of the next event.
    next: u64,
}

impl Trigger {
    /// Opens the source.
    ///
    /// # Errors
    /// Those of [`Device::open`].
    pub fn open(source: &str, interval: Duration, timeout: Duration) -> Result<Self> {
        let device = Device::open(source, Access::ReadWrite)?;
        let next = device.info()?.head + 1;
        Ok(Trigger {
            device,
            interval,
            timeout,
            next,
        })
    }

    /// Raises one interrupt of a sleeping receiver and waits for the event.
    ///
    /// # Errors
    /// Those of [`Device::trigger`], and [`Receiver::until_asleep`].
    pub fn raise(&mut self, receiver: &Receiver) -> Result<Arrival> {
        if !self.interval.is_zero() {
            thread::sleep(self.interval);
        }
        receiver.until_asleep(self.timeout)?;
        self.device.trigger()?;
        let arrival = receiver.until_handled(self.next, self.timeout);
        match arrival {
            Arrival::Handled => self.next += 1,
            // Was it raised and not delivered, or not even raised?
            _ => self.next = self.head()? + 1,
        }
        Ok(arrival)
    }

    /// Sequence number of the newest event of the source.
    ///
    /// # Errors
    /// Those of [`Device::info`].
    pub fn head(&self) -> Result<u64> {
        Ok(self.device.info()?.head)
    }
}
