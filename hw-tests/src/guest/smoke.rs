//! The guest is what the other tests expect.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::qmp::Qmp;
use crate::trial::Trial;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        Trial::test("smoke::modules_are_loaded", modules_are_loaded),
        Trial::test(
            "smoke::a_device_can_be_plugged_and_unplugged",
            a_device_can_be_plugged_and_unplugged,
        ),
    ]
}

fn modules_are_loaded() -> Result<(), Failed> {
    let modules = fs::read_to_string("/proc/modules")?;
    for name in ["irqlink", "irqlink_pci"] {
        if !modules
            .lines()
            .any(|line| line.split(' ').next() == Some(name))
        {
            return Err(format!("{name} is not among the loaded modules:\n{modules}").into());
        }
    }
    Ok(())
}

fn a_device_can_be_plugged_and_unplugged() -> Result<(), Failed> {
    let before = edu_devices()?;
    let mut qmp = Qmp::open()?;
    qmp.plug("edu", "spare")?;
    wait_until("the kernel finds the new device", || {
        Ok(edu_devices()? == before + 1)
    })?;
    qmp.unplug("spare")?;
    wait_until("the kernel forgets the device", || {
        Ok(edu_devices()? == before)
    })
}

/// Number of `edu` devices that the kernel knows.
fn edu_devices() -> io::Result<usize> {
    let mut count = 0;
    for device in fs::read_dir("/sys/bus/pci/devices")? {
        let device = device?.path();
        let id = |name: &str| fs::read_to_string(device.join(name)).unwrap_or_default();
        count += usize::from(id("vendor").trim() == "0x1234" && id("device").trim() == "0x11e8");
    }
    Ok(count)
}

/// Waits for something that the kernel does in its own time.
fn wait_until(what: &str, mut is_so: impl FnMut() -> io::Result<bool>) -> Result<(), Failed> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so()? {
        if Instant::now() > deadline {
            return Err(format!("waited in vain: {what}").into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
