//! The guest is what the other tests expect.

use std::fs;

use libtest_mimic::{Failed, Trial};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![Trial::test("smoke::modules_are_loaded", modules_are_loaded)]
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
