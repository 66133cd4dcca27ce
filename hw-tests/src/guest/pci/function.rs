//! A PCI function, as sysfs has it (kernel: Documentation/ABI/testing/sysfs-bus-pci).

use std::fs;
use std::io;
use std::path::PathBuf;

use irqlink::Control;
use libtest_mimic::Failed;

const BUS: &str = "/sys/bus/pci";
/// The driver under test.
pub const DRIVER: &str = "irqlink_pci";

/// A function, by its address.
#[derive(Clone, Debug)]
pub struct Function(pub String);

impl Function {
    /// The one that a source belongs to.
    pub fn of(source: &str) -> Result<Function, Failed> {
        Ok(Function(Control::open()?.source(source)?.device))
    }

    /// The functions with that vendor and device number.
    pub fn with_id(vendor: u16, device: u16) -> io::Result<Vec<Function>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(format!("{BUS}/devices"))? {
            let function = Function(entry?.file_name().to_string_lossy().into_owned());
            // One that leaves at this moment is not it.
            let id = |name: &str| fs::read_to_string(function.path(name)).unwrap_or_default();
            if id("vendor").trim() == format!("{vendor:#06x}")
                && id("device").trim() == format!("{device:#06x}")
            {
                found.push(function);
            }
        }
        Ok(found)
    }

    /// One of its files.
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("{BUS}/devices/{}/{name}", self.0))
    }

    /// Whether its interrupts are messages: it has a file for each. Without any, Linux 6.1 leaves
    /// the folder empty.
    pub fn has_msi(&self) -> bool {
        fs::read_dir(self.path("msi_irqs")).is_ok_and(|mut irqs| irqs.next().is_some())
    }

    /// The driver that it is bound to.
    pub fn driver(&self) -> Option<String> {
        let link = fs::read_link(self.path("driver")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    }

    /// Takes it from the driver.
    pub fn unbind(&self) -> io::Result<()> {
        fs::write(format!("{BUS}/drivers/{DRIVER}/unbind"), &self.0)
    }

    /// Gives it to the driver, which knows it.
    pub fn bind(&self) -> io::Result<()> {
        fs::write(format!("{BUS}/drivers/{DRIVER}/bind"), &self.0)
    }

    /// Gives it to the driver, which does not know it.
    pub fn bind_by_override(&self) -> io::Result<()> {
        fs::write(self.path("driver_override"), DRIVER)?;
        fs::write(format!("{BUS}/drivers_probe"), &self.0)
    }
}
