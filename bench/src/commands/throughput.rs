//! `irqlink-bench throughput`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::units::parse_duration;

use super::stream::{Prepared, Stream, batch_listener, listener};
use crate::error::Result;
use crate::measure::Measure;
use crate::path::{self, Path};
use crate::progress::Progress;
use crate::report;
use crate::stop;
use crate::stream::{BatchListen, Saturation, batched};

/// Measure how many events a second a path takes: the rate is doubled until consumers fall behind.
///
/// A simulated source (modprobe irqlink_sim) raises them.
#[derive(Debug, Args)]
pub struct Throughput {
    /// Paths of irqlink's own to measure, as `irqlink-bench paths` lists them; all by default
    #[arg(short, long = "path", value_name = "NAME,...", value_delimiter = ',', value_parser = path::shared_named)]
    paths: Vec<&'static dyn Path>,
    /// Consumers, each of which gets all events
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,4,16",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    consumers: Vec<u32>,
    /// Records that a message or a read carries at most, on the paths where the program chooses it
    #[arg(short, long, value_name = "N,...", value_delimiter = ',', default_value = "1,32",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    batch: Vec<u32>,
    /// How long each rate is kept up; by default 200ms, or 20ms where instructions are counted
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration)]
    duration: Option<Duration>,
    #[command(flatten)]
    stream: Stream,
}

/// A path, how many use it, and how much each takes at a time, where that is its choice.
type Part = (&'static dyn Path, u32, Option<(BatchListen, u32)>);

impl Throughput {
    pub fn run(self) -> Result<ExitCode> {
        let mut prepared = self.stream.prepare(&self.paths, path::shared())?;
        let outcome = self.measure(&mut prepared);
        prepared
            .report
            .throughput
            .sort_by(|a, b| a.key().cmp(&b.key()));
        self.stream.finish(prepared, outcome)
    }

    fn measure(&self, prepared: &mut Prepared) -> Result<()> {
        let usual = match prepared.setting.measure {
            Measure::Time => Duration::from_millis(200),
            Measure::PathLength => Duration::from_millis(20),
        };
        let duration = self.duration.unwrap_or(usual);
        let mut parts = self.parts(&prepared.paths);
        prepared.random.shuffle(&mut parts);
        let progress = Progress::new(parts.len() as u64);
        let saturation = Saturation::new(prepared.setting.clone(), duration);
        for (path, consumers, batch) in parts {
            if stop::requested() {
                break;
            }
            let at_once = batch.map_or(String::new(), |(_, batch)| format!(", {batch} at a time"));
            let name = format!("{}, consumers: {consumers}{at_once}", path.name());
            progress.line(&name);
            progress.begin(name);
            let taken = match batch {
                Some((listen, batch)) => {
                    saturation.measure(&batch_listener(listen, batch), consumers)
                }
                None => saturation.measure(&listener(path), consumers),
            }?;
            // A signal shortens what is being measured.
            if stop::requested() {
                break;
            }
            let receiver = &mut prepared.report.environment.receiver;
            *receiver = receiver.take().or(taken.receiver);
            prepared.report.throughput.push(report::Throughput {
                path: path.name().into(),
                measure: prepared.setting.measure,
                unit: prepared.unit,
                accel: prepared.setting.accel,
                run: 0,
                consumers,
                batch: batch.map(|(_, batch)| batch),
                steps: taken.steps,
                cost: taken.cost,
            });
            progress.step();
        }
        Ok(())
    }

    fn parts(&self, paths: &[&'static dyn Path]) -> Vec<Part> {
        let mut parts = Vec::new();
        for path in paths.iter().copied() {
            let batches: Vec<_> = match batched(path) {
                Some(listen) => self.batch.iter().map(|one| Some((listen, *one))).collect(),
                None => vec![None],
            };
            for consumers in &self.consumers {
                parts.extend(batches.iter().map(|batch| (path, *consumers, *batch)));
            }
        }
        parts
    }
}
