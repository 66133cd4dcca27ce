//! Sources that are made at run time; a file for each kind.

mod gpio;
mod pci;
mod sim;
#[cfg(test)]
mod tests;

pub use gpio::{Edges, Gpio};
pub use pci::Pci;
pub use sim::Sim;

use std::time::Duration;

use crate::abi::*;
use crate::netlink::Builder;

/// A source to be made, by [`Control::add`](crate::Control::add).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    /// Its name: 1 to 31 letters, digits, `-`, `_` and `.`, which does not begin with `.`. The driver
    /// makes one if it is `None`.
    pub name: Option<String>,
    /// What raises its interrupt.
    pub kind: SourceKind,
}

/// What raises the interrupt of a source that is made at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A timer, without hardware.
    Sim(Sim),
    /// A line of a GPIO controller.
    Gpio(Gpio),
    /// A PCI function whose registers the driver does not know.
    Pci(Pci),
}

impl NewSource {
    /// A source whose name the driver makes.
    pub fn new(kind: impl Into<SourceKind>) -> Self {
        NewSource {
            name: None,
            kind: kind.into(),
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        NewSource {
            name: Some(name.into()),
            ..self
        }
    }

    pub(crate) fn put(&self, request: Builder) -> Builder {
        let request = match &self.name {
            Some(name) => request.string(IRQLINK_A_SOURCE_NAME, name),
            None => request,
        };
        match &self.kind {
            SourceKind::Sim(sim) => request.nested(IRQLINK_A_SOURCE_SIM, |to| sim.put(to)),
            SourceKind::Gpio(gpio) => request.nested(IRQLINK_A_SOURCE_GPIO, |to| gpio.put(to)),
            SourceKind::Pci(pci) => request.nested(IRQLINK_A_SOURCE_PCI, |to| pci.put(to)),
        }
    }
}

impl From<Sim> for SourceKind {
    fn from(sim: Sim) -> Self {
        SourceKind::Sim(sim)
    }
}

impl From<Gpio> for SourceKind {
    fn from(gpio: Gpio) -> Self {
        SourceKind::Gpio(gpio)
    }
}

impl From<Pci> for SourceKind {
    fn from(pci: Pci) -> Self {
        SourceKind::Pci(pci)
    }
}

/// In nanoseconds, of which a word holds 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
