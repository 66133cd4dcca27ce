//! QEMU's educational device (QEMU: docs/specs/edu.rst).

use std::fs;
use std::path::Path;

use super::Registers;

/// Raises the interrupts that are written to it.
const RAISE: usize = 0x60;
/// Takes back those that are written to it.
const ACKNOWLEDGE: usize = 0x64;
/// The interrupt that is raised here.
const INTERRUPT: u32 = 1;

/// Its registers.
pub struct Edu(Registers);

impl Edu {
    /// What must be mapped of its BAR 0.
    pub const LENGTH: usize = 0x1000;

    /// With these registers, [`Self::LENGTH`] of them.
    pub fn new(registers: Registers) -> Self {
        Edu(registers)
    }

    /// Whether the function in this folder of sysfs is one.
    pub fn is(device: &Path) -> bool {
        let is = |file: &str, id: &str| {
            fs::read_to_string(device.join(file)).is_ok_and(|text| text.trim() == id)
        };
        is("vendor", "0x1234") && is("device", "0x11e8")
    }

    /// Raises the interrupt.
    #[inline]
    pub fn raise(&self) {
        self.0.write(RAISE, INTERRUPT);
    }

    /// Takes it back.
    #[inline]
    pub fn acknowledge(&self) {
        self.0.write(ACKNOWLEDGE, INTERRUPT);
    }
}
