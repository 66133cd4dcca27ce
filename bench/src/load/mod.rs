//! What else the machine does while paths are measured.

mod child;
pub mod own;
mod program;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub use child::Child;
pub use program::Program;

/// What else the machine does.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Nothing
    #[default]
    Idle,
    /// Every CPU computes
    Cpu,
    /// Every CPU copies more memory than its caches hold
    Memory,
    /// Datagrams over the loopback
    Network,
    /// Timers interrupt every CPU
    Interrupts,
}

impl Load {
    /// Its name, as typed and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Load::Idle => "idle",
            Load::Cpu => "cpu",
            Load::Memory => "memory",
            Load::Network => "network",
            Load::Interrupts => "interrupts",
        }
    }

    /// Nothing; for serde.
    pub fn is_idle(&self) -> bool {
        *self == Load::Idle
    }
}
