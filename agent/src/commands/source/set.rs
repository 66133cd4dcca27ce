//! `irqlink source set`

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::units::parse_duration;
use irqlink::{Access, Control, Delivery, Device, Error, Mode, Settings};

use super::super::Outcome;
use crate::output::guard;

/// Change how a source is delivered and guarded.
#[derive(Debug, Args)]
pub struct Set {
    /// Name of the source, or path of its device file
    source: String,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Where the step from the log to the consumers runs; PREEMPT_RT has the thread only
    #[arg(long, value_name = "softirq|thread")]
    delivery: Option<Delivery>,
    /// Whether the interrupt may come again at once, or stays masked until `irqlink ack`
    #[arg(long, value_name = "free|until-ack")]
    mode: Option<Mode>,
    /// Interrupts a second, above which the source is masked for a while; 0 for no limit
    #[arg(long, value_name = "N")]
    storm_limit: Option<u32>,
    /// How long it is masked then, from 1ms to 60s
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    storm_pause: Option<Duration>,
}

impl Set {
    pub fn run(self) -> Outcome {
        let device = Device::open(&self.source, Access::ReadWrite)?;
        let settings = Settings {
            delivery: self.changes.delivery,
            mode: self.changes.mode,
            storm_limit: self.changes.storm_limit,
            storm_pause: self.changes.storm_pause,
        };
        let mut control = Control::open()?;
        control.set(device.source(), settings, Some(&device))?;
        // Its file may have another name.
        let sources = control.sources()?;
        let mut same = sources.iter().filter(|one| one.id == device.source());
        let source = same.next().ok_or(Error::Gone {
            name: device.name(),
        })?;
        writeln!(
            stdout(),
            "{}: delivery in {}, {}",
            source.name,
            source.delivery,
            guard(source)
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
