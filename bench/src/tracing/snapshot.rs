//! What the kernel did up to a moment: a ring buffer that is stopped then, and kept.

use std::fs::File;
use std::path::Path;

use super::{Instance, error};
use crate::error::Result;
use crate::file;

/// For each CPU.
const KIB: u64 = 1024;

/// What is traced, as far as the kernel has it.
const EVENTS: [&str; 6] = [
    "irqlink",
    "irq",
    "irq_vectors",
    "sched/sched_switch",
    "sched/sched_waking",
    "sched/sched_migrate_task",
];

/// A ring buffer that runs.
#[derive(Debug)]
pub struct Snapshot(Instance);

impl Snapshot {
    /// Begins.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn begin() -> Result<Self> {
        let instance = Instance::new(KIB)?;
        instance.write("trace_clock", "mono")?;
        for event in EVENTS {
            if instance.0.join("events").join(event).exists() {
                instance.enable(event, None)?;
            }
        }
        Ok(Snapshot(instance))
    }

    /// Writing "0" to it stops the ring buffer: one short system call.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn switch(&self) -> Result<File> {
        let path = self.0.0.join("tracing_on");
        File::options()
            .write(true)
            .open(&path)
            .map_err(error(&path))
    }

    /// Writes what it holds to a file.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`], and those of [`file::write`].
    pub fn keep(&self, path: &Path) -> Result<()> {
        file::write(self.0.read("trace")?.as_bytes(), path)
    }
}
