//! The PCI function of a source, used from here while another driver has it.

mod edu;
mod lent;
mod registers;
mod vfio;

pub use edu::Edu;
pub use lent::Lent;
pub use registers::Registers;
pub use vfio::{DRIVER as VFIO_DRIVER, Interrupt, Vfio};

use std::path::{Path, PathBuf};

use irqlink::Source;

/// Where the kernel lists PCI functions and their drivers.
const BUS: &str = "/sys/bus/pci";
/// irqlink's driver.
const IRQLINK: &str = "irqlink_pci";

/// Why the function of a source cannot be lent to a driver; `module` is the one that has the driver.
pub fn missing(source: &Source, driver: &str, module: &str) -> Option<String> {
    if source.driver != IRQLINK {
        return Some("the source is no PCI function".into());
    }
    if !Edu::is(&device(&source.device)) {
        return Some("only of QEMU's edu device it is known how to use it".into());
    }
    let is_there = driver_folder(driver).exists();
    (!is_there).then(|| format!("the driver {driver} is not loaded (modprobe {module})"))
}

/// The function's folder in sysfs.
pub fn device(address: &str) -> PathBuf {
    Path::new(BUS).join("devices").join(address)
}

fn driver_folder(driver: &str) -> PathBuf {
    Path::new(BUS).join("drivers").join(driver)
}
