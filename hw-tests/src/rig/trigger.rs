//! What makes the interrupts of a rig.

use serde::Deserialize;

use super::value;

/// What makes the interrupts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The device's own register, as by `irqlink trigger`.
    Register,
    /// A vector of an ivshmem device, which the lab rings from outside its virtual board.
    Ivshmem(Vector),
    /// The pull of the source's own line, on a controller of the kernel's gpio-sim, made for the
    /// test under the label that the source names.
    GpioSim,
    /// A GPIO output, wired to the source's line.
    GpioOutput(Output),
    /// The timer of a simulated source.
    Timer,
    /// Something outside that the rig only listens to.
    External,
}

/// A vector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Its number.
    pub vector: usize,
}

/// A GPIO output, low at rest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Name, number, path or label of its controller.
    pub chip: String,
    /// Its offset, or its name.
    #[serde(deserialize_with = "value::line")]
    pub line: String,
}

impl Trigger {
    /// Its name in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::Register => "register",
            Trigger::Ivshmem(_) => "ivshmem",
            Trigger::GpioSim => "gpio-sim",
            Trigger::GpioOutput(_) => "gpio-output",
            Trigger::Timer => "timer",
            Trigger::External => "external",
        }
    }
}
