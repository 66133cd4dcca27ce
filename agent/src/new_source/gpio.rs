//! Sources that are GPIO lines.

use std::str::FromStr;
use std::time::Duration;

use crate::abi::*;
use crate::gpio_line::GpioLine;
use crate::netlink::Builder;
use crate::units::UnitError;

/// A line of a GPIO controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpio {
    /// Which line.
    pub line: GpioLine,
    /// Which of its edges raise the interrupt.
    pub edges: Edges,
    /// How long the line must be still before an edge is an event, in whole microseconds, rounded up;
    /// at most 10 s. The controller sees to it if it can, else the kernel module does; then an event's
    /// `trigger_ns` is the time of the edge, and `time_ns` when the line had been still.
    pub debounce: Option<Duration>,
}

/// Edges of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// From low to high.
    Rising,
    /// From high to low.
    Falling,
    /// Each of them.
    Both,
}

impl Edges {
    /// Their bits in netlink, `IRQLINK_EDGE_*`.
    pub fn bits(self) -> u32 {
        match self {
            Edges::Rising => IRQLINK_EDGE_RISING,
            Edges::Falling => IRQLINK_EDGE_FALLING,
            Edges::Both => IRQLINK_EDGE_RISING | IRQLINK_EDGE_FALLING,
        }
    }
}

impl FromStr for Edges {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "rising" => Ok(Edges::Rising),
            "falling" => Ok(Edges::Falling),
            "both" => Ok(Edges::Both),
            _ => Err(UnitError("expected rising, falling or both")),
        }
    }
}

impl Gpio {
    pub(super) fn put(&self, to: Builder) -> Builder {
        let to = match &self.line {
            GpioLine::Offset { chip, offset } => to
                .string(IRQLINK_A_GPIO_CHIP, chip)
                .u32(IRQLINK_A_GPIO_OFFSET, *offset),
            GpioLine::Name(name) => to.string(IRQLINK_A_GPIO_LINE, name),
        };
        let debounce = self
            .debounce
            .map(|debounce| u32::try_from(debounce.as_nanos().div_ceil(1_000)).unwrap_or(u32::MAX));
        to.u32(IRQLINK_A_GPIO_EDGES, self.edges.bits())
            .u32_if_some(IRQLINK_A_GPIO_DEBOUNCE, debounce)
    }
}
