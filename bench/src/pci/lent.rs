//! A source's PCI function, lent to another driver (kernel: Documentation/ABI/testing/sysfs-bus-pci).

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use irqlink::{Control, Settings, Source};

use super::{IRQLINK, device, driver_folder};
use crate::error::{Error, Result};
use crate::say::say;

/// A function that was a source, and will be again when this is dropped.
pub struct Lent {
    source: Source,
    driver: &'static str,
    /// CPUs that the interrupt may go to.
    affinity: Option<String>,
    /// The driver override before.
    was_override: String,
}

impl Lent {
    /// Takes it from irqlink, and gives it to the driver.
    ///
    /// # Errors
    /// The system's.
    pub fn to(driver: &'static str, source: &Source) -> Result<Self> {
        // It may have been made again since the run began.
        let source = Control::open()?.source(&source.name)?;
        let lent = Lent {
            affinity: affinity(source.irq),
            was_override: fs::read_to_string(device(&source.device).join("driver_override"))
                .map_err(failed)?,
            driver,
            source,
        };
        // From here on it is given back.
        lent.move_from(IRQLINK, driver)?;
        match lent.driver().as_deref() {
            Some(bound) if bound == driver => Ok(lent),
            _ => Err(Error::NotHere {
                path: driver,
                why: format!("it does not take {}; dmesg says why", lent.source.device),
            }),
        }
    }

    /// A file of the function in sysfs.
    pub fn file(&self, name: &str) -> PathBuf {
        device(&self.source.device).join(name)
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.source.device
    }

    /// Lets its interrupt go to the CPUs to which that of the source went.
    ///
    /// # Errors
    /// The system's.
    pub fn place(&self, irq: u32) -> Result<()> {
        match &self.affinity {
            Some(cpus) if affinity(irq).as_ref() != Some(cpus) => {
                fs::write(affinity_file(irq), cpus).map_err(failed)
            }
            _ => Ok(()),
        }
    }

    /// Name of the driver that has it.
    fn driver(&self) -> Option<String> {
        let link = fs::read_link(self.file("driver")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    }

    fn move_from(&self, from: &str, to: &str) -> Result<()> {
        if self.driver().as_deref() == Some(from) {
            fs::write(driver_folder(from).join("unbind"), self.address()).map_err(failed)?;
        }
        fs::write(self.file("driver_override"), format!("{to}\n")).map_err(failed)?;
        fs::write(format!("{}/drivers_probe", super::BUS), self.address()).map_err(failed)
    }

    /// It is a source again, with the settings that it had.
    fn give_back(&self) -> Result<()> {
        let was_override = match self.was_override.trim_end() {
            "(null)" => "",
            driver => driver,
        };
        self.move_from(self.driver, was_override)?;
        let mut control = Control::open()?;
        let source = control.source(&self.source.name)?;
        control.set(source.id, settings(&self.source), None)?;
        self.place(source.irq)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Err(error) = self.give_back() {
            say(format_args!(
                "the source {} could not be made again: {error}",
                self.source.name
            ));
        }
    }
}

fn settings(source: &Source) -> Settings {
    Settings {
        delivery: Some(source.delivery),
        mode: Some(source.mode),
        storm_limit: Some(source.storm_limit),
        storm_pause: Some(Duration::from_millis(source.storm_pause_ms.into())),
    }
}

fn affinity_file(irq: u32) -> String {
    format!("/proc/irq/{irq}/smp_affinity_list")
}

fn affinity(irq: u32) -> Option<String> {
    fs::read_to_string(affinity_file(irq)).ok()
}

fn failed(error: std::io::Error) -> Error {
    Error::system("lend the PCI function to another driver")(error)
}
