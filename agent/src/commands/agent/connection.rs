//! What the service asks and hears by.

use irqlink::{Agent, Control, Error, Notices, Options, Result, Source};
use nix::errno::Errno;

/// One life of the kernel module: the family's number is another after it was loaded again.
pub struct Connection {
    pub agent: Agent,
    pub notices: Notices,
    control: Control,
}

impl Connection {
    /// Connects to the module.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`] if it is not loaded; else those of its parts.
    pub fn open(options: Options) -> Result<Self> {
        Ok(Connection {
            notices: Notices::open()?,
            control: Control::open()?,
            agent: Agent::open(options)?,
        })
    }

    /// The sources that there are; `None` if the module is gone.
    ///
    /// # Errors
    /// Those of [`Control::sources`].
    pub fn sources(&mut self) -> Result<Option<Vec<Source>>> {
        match self.control.sources() {
            Ok(sources) => Ok(Some(sources)),
            // The family's number is no longer known.
            Err(Error::Refused {
                errno: Errno::ENOENT,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
