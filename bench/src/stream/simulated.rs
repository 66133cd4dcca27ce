//! A simulated source, for as long as a measurement takes.

use std::time::Duration;

use irqlink::{Access, Control, Device, NewSource, Sim, Source};

use crate::error::{Error, Result};
use crate::say::say;

/// A source that a timer drives.
pub struct Simulated {
    source: Source,
    device: Device,
}

impl Simulated {
    /// Bursts of so many events, one each period, from now on.
    ///
    /// # Errors
    /// [`Error::NoSimulation`] if the kernel does not make one.
    pub fn start(period: Duration, burst: u32) -> Result<Self> {
        let sim = Sim {
            burst,
            ..Sim::new(period)
        };
        let mut control = Control::open()?;
        let source = control
            .add(&NewSource::new(sim))
            .map_err(Error::NoSimulation)?;
        match Device::open(&source.name, Access::ReadWrite) {
            Ok(device) => Ok(Simulated { source, device }),
            Err(error) => {
                // The reason comes first.
                let _ = control.remove(source.id);
                Err(error.into())
            }
        }
    }

    /// One that raises little, to see what simulated sources are like here.
    ///
    /// # Errors
    /// Those of [`Simulated::start`].
    pub fn sample() -> Result<Self> {
        Self::start(Duration::from_secs(1), 1)
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Sequence number of the newest event.
    ///
    /// # Errors
    /// Those of [`Device::info`].
    pub fn head(&self) -> Result<u64> {
        Ok(self.device.info()?.head)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let outcome = Control::open().and_then(|mut control| control.remove(self.source.id));
        if let Err(error) = outcome {
            let name = &self.source.name;
            say(format_args!(
                "the simulated source {name} could not be removed: {error}"
            ));
        }
    }
}
