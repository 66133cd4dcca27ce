//! The event that ended a run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::load::Load;
use crate::sample::Sample;

/// An event took longer than `--stop-above` allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The limit, in the row's unit.
    pub above: u64,
    /// Name of the path.
    pub path: String,
    /// What else the machine did.
    #[serde(default, skip_serializing_if = "Load::is_idle")]
    pub load: Load,
    /// The latest events; the last one is the one.
    pub events: Vec<Sample>,
    /// File with the kernel's trace up to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_trace: Option<String>,
}

impl Stopped {
    /// How long the event took.
    pub fn latency(&self) -> u64 {
        self.events.last().map_or(0, |event| event.latency)
    }
}
