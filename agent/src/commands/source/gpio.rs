//! `irqlink source add gpio`

use std::time::Duration;

use clap::Args;
use irqlink::units::parse_duration;
use irqlink::{Edges, GpioLine, NewSource};

use super::super::Outcome;
use super::add::Common;

/// Make a line of a GPIO controller a source.
#[derive(Debug, Args)]
pub struct Gpio {
    /// Name, number, path or label of the controller, such as gpiochip0; see `gpiodetect`
    #[arg(long)]
    chip: Option<String>,
    /// Offset of the line in its controller, or its name; see `gpioinfo`
    #[arg(long, value_name = "LINE")]
    line: String,
    /// Edges that raise the interrupt
    #[arg(long, value_name = "rising|falling|both", default_value = "both")]
    edge: Edges,
    /// How long the line must be still before an edge is an event, such as 5ms; at most 10s
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    debounce: Option<Duration>,
    #[command(flatten)]
    common: Common,
}

impl Gpio {
    pub fn run(self) -> Outcome {
        self.common.add(NewSource::new(irqlink::Gpio {
            line: GpioLine::find(self.chip.as_deref(), &self.line)?,
            edges: self.edge,
            debounce: self.debounce,
        }))
    }
}
