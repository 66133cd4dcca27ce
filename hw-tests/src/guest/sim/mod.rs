//! Simulated sources.

mod command;
mod events;
mod refusal;
mod removal;
mod thousand;

use std::time::Duration;

use irqlink::{Access, Control, Device, FileReader, NewSource, Sim, Source, Start};
use libtest_mimic::Failed;

use crate::board::*;
use crate::trial::skip_if;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    let lab = [
        refusal::tests(),
        removal::tests(),
        command::tests(),
        thousand::tests(),
    ];
    let lab = lab.map(|tests| skip_if(is_not_the_labs(), tests));
    [events::tests()].into_iter().chain(lab).flatten().collect()
}

/// A simulated source, removed when the test ends.
pub struct Simulated {
    source: Source,
}

impl Simulated {
    /// Makes it.
    pub fn add(sim: Sim) -> Result<Simulated, Failed> {
        let source = Control::open()?.add(&NewSource::new(sim))?;
        ensure!(source.driver == "irqlink_sim", "not simulated: {source:?}");
        Ok(Simulated { source })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.source.id
    }

    /// Everything from its first event on.
    pub fn reader(&self) -> Result<FileReader, Failed> {
        let device = Device::open(self.name(), Access::Read)?;
        Ok(FileReader::new(device, Start::Oldest)?)
    }

    /// Removes it.
    pub fn remove(&self) -> Outcome {
        Ok(Control::open()?.remove(self.id())?)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // The test may have removed it, or unloaded its driver.
        let _ = self.remove();
    }
}

/// Every so many milliseconds.
fn every(milliseconds: u64) -> Sim {
    Sim::new(Duration::from_millis(milliseconds))
}
