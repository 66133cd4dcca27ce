//! The source of a rig.

use std::time::Duration;

use irqlink::Edges;
use serde::Deserialize;

use super::value;

/// The source, or how it is made for the time of a test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// One that is there: `edu0` and `ivshmem3` are made by their driver, others by a device tree.
    Name(String),
    /// A GPIO line, as by `irqlink source add gpio`.
    Gpio(Gpio),
    /// A simulated source, as by `irqlink source add sim`.
    Sim(Sim),
}

/// A GPIO line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpio {
    /// Name, number, path or label of its controller; it can be left out of a line with a name.
    pub chip: Option<String>,
    /// Its offset, or its name.
    #[serde(deserialize_with = "value::line")]
    pub line: String,
    /// Edges that are events.
    #[serde(default = "both", deserialize_with = "value::edges")]
    pub edge: Edges,
    /// How long the line must be still.
    #[serde(default, deserialize_with = "value::some_duration")]
    pub debounce: Option<Duration>,
}

fn both() -> Edges {
    Edges::Both
}

/// A simulated source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sim {
    /// From one burst to the next.
    #[serde(deserialize_with = "value::duration")]
    pub period: Duration,
    /// Events in a burst.
    #[serde(default = "one")]
    pub burst: u32,
    /// Each burst comes later by less than that, at random.
    #[serde(default, deserialize_with = "value::duration")]
    pub jitter: Duration,
}

fn one() -> u32 {
    1
}
