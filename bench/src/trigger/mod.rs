//! The side that raises interrupts, one at a time; a file for each way to.

mod driver;
mod gpio_sim;
mod register;

use std::thread;
use std::time::Duration;

use irqlink::Source;

use crate::clock;
use crate::error::Result;
use crate::receiver::{Arrival, Receiver};

pub use driver::Driver;
pub use gpio_sim::{Pull, PulledSource};
pub use register::Register;

/// Raises an interrupt.
pub trait Raise {
    /// Makes ready for the next one; it is not measured.
    ///
    /// # Errors
    /// The system's.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// Raises it.
    ///
    /// # Errors
    /// The system's.
    fn raise(&mut self) -> Result<()>;

    /// Sequence number of the newest event.
    ///
    /// # Errors
    /// The system's.
    fn head(&self) -> Result<u64>;
}

/// What raises the interrupt of a source: its driver, if that can; else the pull of a simulated
/// GPIO line.
///
/// # Errors
/// [`irqlink::Error::CannotTrigger`] if nothing does; those of opening it.
pub fn of(source: &Source) -> Result<Box<dyn Raise>> {
    if source.trigger {
        return Ok(Box::new(Driver::open(&source.name)?));
    }
    match Pull::of(source)? {
        Some(pull) => Ok(Box::new(PulledSource::open(&source.name, pull)?)),
        None => Err(irqlink::Error::CannotTrigger {
            name: source.name.clone(),
        }
        .into()),
    }
}

/// Whether [`of`] finds something.
pub fn is_possible(source: &Source) -> bool {
    source.trigger || matches!(Pull::of(source), Ok(Some(_)))
}

/// Raises interrupts of a receiver.
pub struct Trigger {
    raise: Box<dyn Raise>,
    /// Pause before each.
    interval: Duration,
    /// How long an event may take.
    timeout: Duration,
    /// Sequence number of the next event.
    next: u64,
}

impl Trigger {
    /// Nothing is raised yet.
    ///
    /// # Errors
    /// Those of [`Raise::head`].
    pub fn new(raise: Box<dyn Raise>, interval: Duration, timeout: Duration) -> Result<Self> {
        let next = raise.head()? + 1;
        Ok(Trigger {
            raise,
            interval,
            timeout,
            next,
        })
    }

    /// Raises one interrupt of a waiting receiver and waits for the event.
    ///
    /// # Errors
    /// Those of [`Raise::raise`], and [`Receiver::until_waiting`].
    pub fn raise(&mut self, receiver: &Receiver) -> Result<Arrival> {
        self.raise.prepare()?;
        if !self.interval.is_zero() {
            thread::sleep(self.interval);
        }
        receiver.until_waiting(self.timeout)?;
        receiver.trigger_at(clock::now());
        self.raise.raise()?;
        let arrival = receiver.until_handled(self.next, self.timeout);
        match arrival {
            Arrival::Handled => self.next += 1,
            // Was it raised and not delivered, or not even raised?
            _ => self.next = self.head()? + 1,
        }
        Ok(arrival)
    }

    /// Sequence number of the newest event.
    ///
    /// # Errors
    /// Those of [`Raise::head`].
    pub fn head(&self) -> Result<u64> {
        self.raise.head()
    }
}
