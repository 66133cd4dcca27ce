//! Where the time goes: the way of an event, in parts, as the kernel's tracepoints and the program saw it.

use serde::{Deserialize, Serialize};

use super::Quantiles;

/// A point on the way of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// What causes the interrupt is done, as the source stamps it.
    Trigger,
    /// The stamp in hard IRQ.
    Irq,
    /// The event lies where the receiver finds it, which is being woken (`sched:sched_waking`).
    Queued,
    /// The receiver has the CPU (`sched:sched_switch`).
    Woken,
    /// What it slept in has returned.
    Received,
    /// The handler has read the clock.
    Handled,
}

impl Point {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Point::Trigger => "trigger",
            Point::Irq => "hard IRQ",
            Point::Queued => "queued",
            Point::Woken => "woken",
            Point::Received => "received",
            Point::Handled => "handled",
        }
    }
}

/// From one point to the next that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its beginning.
    pub from: Point,
    /// Its end.
    pub to: Point,
    /// How long it took.
    #[serde(flatten)]
    pub quantiles: Quantiles,
}

/// The parts of a path, from a pass of their own: tracing makes each longer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traced {
    /// Events whose way was seen as a whole.
    pub events: u64,
    /// The parts, in order.
    pub parts: Vec<Part>,
    /// Why points are missing that only the kernel sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}
