//! `irqlink-bench throughput`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::units::parse_duration;

use super::stream::{Prepared, Stream, listener};
use crate::error::Result;
use crate::measure::Measure;
use crate::path::Path;
use crate::progress::Progress;
use crate::report;
use crate::stop;
use crate::stream::Saturation;

/// Measure how many events a second a path takes: the rate is doubled until consumers fall behind.
///
/// A simulated source (modprobe irqlink_sim) raises them.
#[derive(Debug, Args)]
pub struct Throughput {
    /// Consumers, each of which gets all events
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,4,16",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    consumers: Vec<u32>,
    /// How long each rate is kept up; by default 200ms, or 20ms where instructions are counted
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration)]
    duration: Option<Duration>,
    #[command(flatten)]
    stream: Stream,
}

/// A path, and how many use it.
type Part = (&'static dyn Path, u32);

impl Throughput {
    pub fn run(self) -> Result<ExitCode> {
        let mut prepared = self.stream.prepare()?;
        let outcome = self.measure(&mut prepared);
        prepared
            .report
            .throughput
            .sort_by(|a, b| a.key().cmp(&b.key()));
        self.stream.finish(prepared.report, outcome)
    }

    fn measure(&self, prepared: &mut Prepared) -> Result<()> {
        let usual = match prepared.setting.measure {
            Measure::Time => Duration::from_millis(200),
            Measure::PathLength => Duration::from_millis(20),
        };
        let duration = self.duration.unwrap_or(usual);
        let mut parts = self.parts();
        prepared.random.shuffle(&mut parts);
        let progress = Progress::new(parts.len() as u64);
        let saturation = Saturation::new(prepared.setting.clone(), duration);
        for (path, consumers) in parts {
            if stop::requested() {
                break;
            }
            let name = format!("{}, consumers: {consumers}", path.name());
            progress.line(&name);
            progress.begin(name);
            let taken = saturation.measure(&listener(path), consumers)?;
            prepared.report.throughput.push(report::Throughput {
                path: path.name().into(),
                measure: prepared.setting.measure,
                unit: prepared.unit,
                accel: prepared.setting.accel,
                run: 0,
                consumers,
                batch: None,
                steps: taken.steps,
                cost: taken.cost,
            });
            progress.step();
        }
        Ok(())
    }

    fn parts(&self) -> Vec<Part> {
        let consumers = |path| self.consumers.iter().map(move |number| (path, *number));
        let paths = self.stream.paths().into_iter();
        paths.flat_map(consumers).collect()
    }
}
