//! Binds a PCI function to `irqlink_pci`, though the driver does not know its id.
//!
//! Source: the kernel's `Documentation/ABI/testing/sysfs-bus-pci`, on `driver_override` and
//! `drivers_probe`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The driver.
const DRIVER: &str = "irqlink_pci";

/// A PCI function cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// No function has that address.
    #[error("there is no PCI function {address}; `lspci -D` lists those there are")]
    NoFunction {
        /// Address asked for.
        address: String,
    },
    /// Another driver has it.
    #[error(
        "{address} is bound to the driver {driver}; if you can do without it: \
         echo {address} > /sys/bus/pci/drivers/{driver}/unbind"
    )]
    InUse {
        /// The function.
        address: String,
        /// The driver that has it.
        driver: String,
    },
    /// The driver did not take it.
    #[error("{DRIVER} did not bind to {address}; `dmesg` says why")]
    NotBound {
        /// The function.
        address: String,
    },
}

/// A function that is bound to `irqlink_pci`. Unless it is [kept](Self::keep), what was done for
/// that is undone when this is dropped.
#[derive(Debug)]
pub struct PciBinding {
    bus: PathBuf,
    address: String,
    /// The override before, if there is something to undo.
    undo: Option<String>,
}

impl PciBinding {
    /// Binds the function at `address`, such as `0000:00:05.0`; domain 0 if it names none. Does
    /// nothing if it is bound to `irqlink_pci` already.
    ///
    /// # Errors
    /// [`Error::Binding`], [`Error::ModuleMissing`] if `irqlink_pci` is not loaded; else the
    /// system's.
    pub fn bind(address: &str) -> Result<Self> {
        Self::bind_on(Path::new("/sys/bus/pci"), address)
    }

    fn bind_on(bus: &Path, address: &str) -> Result<Self> {
        let mut binding = PciBinding {
            bus: bus.to_owned(),
            address: with_domain(address),
            undo: None,
        };
        let address = binding.address.clone();
        if address.contains('/') || !binding.file("").exists() {
            return Err(BindingError::NoFunction { address }.into());
        }
        if !binding.driver_file("").exists() {
            return Err(Error::ModuleMissing);
        }
        match binding.driver() {
            Some(driver) if driver == DRIVER => return Ok(binding),
            Some(driver) => return Err(BindingError::InUse { address, driver }.into()),
            None => {}
        }
        let before = fs::read_to_string(binding.file("driver_override"))
            .map_err(Error::io(format!("read the driver override of {address}")))?;
        binding.undo = Some(before);
        write(&binding.file("driver_override"), DRIVER)?;
        write(&bus.join("drivers_probe"), &address)?;
        match binding.driver() {
            Some(driver) if driver == DRIVER => Ok(binding),
            _ => Err(BindingError::NotBound { address }.into()),
        }
    }

    /// The function's address, with its domain.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Leaves the function bound, until it is [released](Self::release).
    pub fn keep(mut self) {
        self.undo = None;
    }

    /// Unbinds the function at `address` if it was [bound](Self::bind) and kept; else does
    /// nothing.
    ///
    /// # Errors
    /// The system's.
    pub fn release(address: &str) -> Result<()> {
        Self::release_on(Path::new("/sys/bus/pci"), address)
    }

    fn release_on(bus: &Path, address: &str) -> Result<()> {
        let binding = PciBinding {
            bus: bus.to_owned(),
            address: address.to_owned(),
            undo: None,
        };
        let bound = fs::read_to_string(binding.file("driver_override"));
        match bound {
            Ok(bound) if bound.trim_end() == DRIVER => binding.unbind(""),
            // It has left, or is not ours to unbind.
            _ => Ok(()),
        }
    }

    /// Sets the override to what it shall be from now on, and has the driver leave.
    fn unbind(&self, then: &str) -> Result<()> {
        write(&self.file("driver_override"), then)?;
        match self.driver() {
            Some(driver) if driver == DRIVER => write(&self.driver_file("unbind"), &self.address),
            _ => Ok(()),
        }
    }

    /// Name of the driver that it is bound to.
    fn driver(&self) -> Option<String> {
        let link = fs::read_link(self.file("driver")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.bus.join("devices").join(&self.address).join(name)
    }

    fn driver_file(&self, name: &str) -> PathBuf {
        self.bus.join("drivers").join(DRIVER).join(name)
    }
}

impl Drop for PciBinding {
    fn drop(&mut self) {
        if let Some(before) = &self.undo {
            let before = before.trim_end();
            // What made this necessary is what the caller shall hear of.
            let _ = self.unbind(if before == "(null)" { "" } else { before });
        }
    }
}

fn with_domain(address: &str) -> String {
    match address.matches(':').count() {
        1 => format!("0000:{address}"),
        _ => address.to_owned(),
    }
}

/// Writes a line to a file of sysfs; an empty one clears.
fn write(path: &Path, text: &str) -> Result<()> {
    let line = format!("{text}\n");
    let written = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .and_then(|mut file| io::Write::write_all(&mut file, line.as_bytes()));
    written.map_err(Error::io(format!("write to {}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Files such as sysfs has, with a function that is bound to `driver`. No driver answers.
    fn bus(driver: Option<&str>) -> tempfile::TempDir {
        let bus = tempfile::tempdir().unwrap();
        let device = bus.path().join("devices/0000:00:05.0");
        fs::create_dir_all(&device).unwrap();
        for name in [DRIVER, "other"] {
            fs::create_dir_all(bus.path().join("drivers").join(name)).unwrap();
        }
        fs::write(device.join("driver_override"), "(null)\n").unwrap();
        fs::write(bus.path().join("drivers_probe"), "").unwrap();
        if let Some(driver) = driver {
            symlink(
                bus.path().join("drivers").join(driver),
                device.join("driver"),
            )
            .unwrap();
        }
        bus
    }

    fn read(bus: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(bus.path().join(name)).unwrap()
    }

    fn refused(bus: &tempfile::TempDir, address: &str) -> String {
        PciBinding::bind_on(bus.path(), address)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_is_bound_to_it_stays_so() {
        let bus = bus(Some(DRIVER));
        let binding = PciBinding::bind_on(bus.path(), "00:05.0").unwrap();
        assert_eq!(binding.address(), "0000:00:05.0");
        drop(binding);
        let bound = read(&bus, "devices/0000:00:05.0/driver_override");
        assert_eq!(bound, "(null)\n");
    }

    #[test]
    fn another_drivers_function_is_left_alone() {
        let bus = bus(Some("other"));
        assert!(refused(&bus, "0000:00:05.0").contains("/sys/bus/pci/drivers/other/unbind"));
        let bound = read(&bus, "devices/0000:00:05.0/driver_override");
        assert_eq!(bound, "(null)\n");
        assert_eq!(read(&bus, "drivers_probe"), "");
    }

    #[test]
    fn an_override_that_does_not_help_is_taken_back() {
        let bus = bus(None);
        assert!(refused(&bus, "0000:00:05.0").contains("did not bind"));
        assert_eq!(read(&bus, "drivers_probe"), "0000:00:05.0\n");
        let bound = read(&bus, "devices/0000:00:05.0/driver_override");
        assert_eq!(bound, "\n");
    }

    #[test]
    fn only_what_was_overridden_is_released() {
        let bus = bus(Some(DRIVER));
        let unbind = bus.path().join("drivers").join(DRIVER).join("unbind");
        fs::write(&unbind, "").unwrap();
        PciBinding::release_on(bus.path(), "0000:00:05.0").unwrap();
        assert_eq!(fs::read_to_string(&unbind).unwrap(), "");

        let overridden = bus.path().join("devices/0000:00:05.0/driver_override");
        fs::write(&overridden, format!("{DRIVER}\n")).unwrap();
        PciBinding::release_on(bus.path(), "0000:00:05.0").unwrap();
        assert_eq!(fs::read_to_string(&unbind).unwrap(), "0000:00:05.0\n");
        assert_eq!(fs::read_to_string(&overridden).unwrap(), "\n");

        // What has left is released.
        PciBinding::release_on(bus.path(), "0000:00:06.0").unwrap();
    }

    #[test]
    fn what_is_not_there_is_told() {
        let bus = bus(None);
        assert!(refused(&bus, "0000:00:06.0").contains("lspci -D"));
        assert!(refused(&bus, "../../drivers/other").contains("lspci -D"));
        fs::remove_dir(bus.path().join("drivers").join(DRIVER)).unwrap();
        assert!(refused(&bus, "0000:00:05.0").contains("modprobe irqlink"));
    }
}
