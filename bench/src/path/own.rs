//! A path of irqlink's own: the source stays as it is, and what raises its interrupt as well.

use irqlink::Source;

use super::{Listener, Path, Taken};
use crate::error::Result;
use crate::trigger;

pub struct Own {
    pub name: &'static str,
    pub summary: &'static str,
    /// Begins to listen to the source of that name.
    pub listen: fn(&str) -> Result<Box<dyn Listener>>,
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
        None
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let (listen, name) = (self.listen, source.name.clone());
        Ok(Taken {
            raise: trigger::of(source)?,
            listen: Box::new(move || listen(&name)),
        })
    }
}
