//! A write to the device's register, mapped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Raise;
use crate::error::Result;
use crate::pci::{Edu, Lent};

/// Raises the interrupts of a function that is lent to another driver.
pub struct Register {
    edu: Edu,
    raised: Arc<AtomicU64>,
    _lent: Lent,
}

impl Register {
    /// Nothing is raised yet. The other side sees how many there are.
    pub fn new(edu: Edu, lent: Lent) -> (Self, Arc<AtomicU64>) {
        let raised = Arc::new(AtomicU64::new(0));
        let register = Register {
            edu,
            raised: raised.clone(),
            _lent: lent,
        };
        (register, raised)
    }
}

impl Raise for Register {
    #[inline]
    fn raise(&mut self) -> Result<()> {
        self.raised.fetch_add(1, Ordering::Release);
        self.edu.raise();
        Ok(())
    }

    fn head(&self) -> Result<u64> {
        Ok(self.raised.load(Ordering::Acquire))
    }
}
