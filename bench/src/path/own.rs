//! A path for which the source stays as it is, and what raises its interrupt as well: irqlink's own, and
//! baselines.

use irqlink::{Delivery, Source};

use super::delivery::{self, SetDelivery};
use super::{Listener, Path, Taken};
use crate::error::Result;
use crate::trigger::{self, Raise};

pub struct Own {
    pub name: &'static str,
    pub summary: &'static str,
    /// Why it is not to be had on this machine.
    pub missing: fn() -> Option<String>,
    /// See [`Path::sleeps`].
    pub sleeps: bool,
    /// Any number of consumers can use it at once, and have each event of many in a row.
    pub many: bool,
    /// Where the source delivers meanwhile; as it is set if `None`.
    pub delivery: Option<Delivery>,
    /// Begins to listen to the source of that name.
    pub listen: fn(&str) -> Result<Box<dyn Listener>>,
}

impl Own {
    /// One of irqlink's own that sleeps, and is to be had everywhere.
    pub const fn new(
        name: &'static str,
        summary: &'static str,
        listen: fn(&str) -> Result<Box<dyn Listener>>,
    ) -> Self {
        Own {
            name,
            summary,
            missing: || None,
            sleeps: true,
            many: true,
            delivery: None,
            listen,
        }
    }

    /// Has the source of that name deliver as the path wants it.
    ///
    /// # Errors
    /// Those of [`SetDelivery::to`].
    pub fn set(&self, source: &str) -> Result<Option<SetDelivery>> {
        let to = |delivery| SetDelivery::to(source, delivery);
        self.delivery.map(to).transpose()
    }

    /// The same of a source that goes with the measurement.
    ///
    /// # Errors
    /// Those of [`irqlink::Control::set`].
    pub fn set_for_good(&self, source: &Source) -> Result<()> {
        let to = |delivery| delivery::set(source.id, delivery);
        self.delivery.map_or(Ok(()), to)
    }
}

impl Path for Own {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn own(&self) -> Option<&Own> {
        Some(self)
    }

    fn missing(&self, source: &Source) -> Option<String> {
        let is_set = self.delivery == Some(source.delivery);
        let why = || {
            format!(
                "the source's delivery is the {}, so it is the path netlink",
                source.delivery
            )
        };
        (self.missing)().or_else(|| is_set.then(why))
    }

    fn sleeps(&self) -> bool {
        self.sleeps
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let (listen, name) = (self.listen, source.name.clone());
        Ok(Taken {
            raise: match self.set(&source.name)? {
                None => trigger::of(source)?,
                Some(set) => Box::new(Set {
                    raise: trigger::of(source)?,
                    _set: set,
                }),
            },
            listen: Box::new(move || listen(&name)),
        })
    }
}

/// Raises interrupts while a source is set.
struct Set {
    raise: Box<dyn Raise>,
    _set: SetDelivery,
}

impl Raise for Set {
    fn prepare(&mut self) -> Result<()> {
        self.raise.prepare()
    }

    fn raise(&mut self) -> Result<()> {
        self.raise.raise()
    }

    fn head(&self) -> Result<u64> {
        self.raise.head()
    }
}
