//! A path for which the source stays as it is, and what raises its interrupt as well: irqlink's own, and
//! baselines.

use irqlink::Source;

use super::{Listener, Path, Taken};
use crate::error::Result;
use crate::trigger;

pub struct Own {
    pub name: &'static str,
    pub summary: &'static str,
    /// Why it is not to be had on this machine.
    pub missing: fn() -> Option<String>,
    /// See [`Path::sleeps`].
    pub sleeps: bool,
    /// Any number of consumers can use it at once, and have each event of many in a row.
    pub many: bool,
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
            listen,
        }
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

    fn missing(&self, _: &Source) -> Option<String> {
        (self.missing)()
    }

    fn sleeps(&self) -> bool {
        self.sleeps
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let (listen, name) = (self.listen, source.name.clone());
        Ok(Taken {
            raise: trigger::of(source)?,
            listen: Box::new(move || listen(&name)),
        })
    }
}
