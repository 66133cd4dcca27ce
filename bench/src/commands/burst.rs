//! `irqlink-bench burst`

use std::process::ExitCode;

use clap::Args;

use super::stream::{Prepared, Stream, listener};
use crate::error::{Error, Result};
use crate::path::{self, Path, Skipped};
use crate::progress::Progress;
use crate::report::{self, Quantiles};
use crate::stop;
use crate::stream::{Bursts, Measured};

/// Measure bursts: what each event costs the CPUs, against the number that come at once.
///
/// A simulated source (modprobe irqlink_sim) raises them. The cost is that of the whole system, less what it is with
/// nobody listening.
#[derive(Debug, Args)]
pub struct Burst {
    /// Paths to measure, as `irqlink-bench paths` lists them, but for peers and timer; all by default
    #[arg(short, long = "path", value_name = "NAME,...", value_delimiter = ',', value_parser = path::own_named)]
    paths: Vec<&'static dyn Path>,
    /// Lengths of the bursts, 1 to 1024
    #[arg(short, long, value_name = "N,...", value_delimiter = ',', default_value = "1,2,4,8,16,32,64,128,256,512,1024",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    lengths: Vec<u32>,
    /// Events of each length, at least ten bursts
    #[arg(short, long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    num: u64,
    #[command(flatten)]
    stream: Stream,
}

/// A path, or nobody, and a length.
type Part = (Option<&'static dyn Path>, u32);

impl Burst {
    pub fn run(self) -> Result<ExitCode> {
        let mut prepared = self.stream.prepare(&self.paths, path::own())?;
        let mut measured = Vec::new();
        let outcome = self.measure(&mut prepared, &mut measured);
        prepared.report.bursts = rows(&prepared, &measured);
        self.stream.finish(prepared, outcome)
    }

    /// What was measured before an error stays.
    fn measure(&self, prepared: &mut Prepared, measured: &mut Vec<(Part, Measured)>) -> Result<()> {
        let mut parts = self.parts(&prepared.paths);
        prepared.random.shuffle(&mut parts);
        let progress = Progress::new(parts.len() as u64);
        let bursts = Bursts::prepare(prepared.setting.clone())?;
        for (path, length) in parts {
            if stop::requested() {
                break;
            }
            let name = path.map_or("nobody", |path| path.name());
            progress.line(&format!("bursts of {length}: {name}"));
            progress.begin(format!("{name}, bursts of {length}"));
            let listen = path.map(listener);
            let listen = listen.as_ref().map(|listen| listen as &_);
            let one = match bursts.measure(listen, length, self.num) {
                // A baseline loses the end of each burst; shorter ones have their rows.
                Err(error @ Error::TooSlow { .. }) if path.is_some_and(path::is_baseline) => {
                    let skipped = Skipped {
                        path: name.into(),
                        why: error.to_string(),
                    };
                    skipped.say();
                    prepared.report.skipped.push(skipped);
                    progress.step();
                    continue;
                }
                one => one?,
            };
            // A signal shortens what is being measured.
            if stop::requested() {
                break;
            }
            let receiver = &mut prepared.report.environment.receiver;
            *receiver = receiver.take().or(one.receiver.clone());
            measured.push(((path, length), one));
            progress.step();
        }
        Ok(())
    }

    fn parts(&self, paths: &[&'static dyn Path]) -> Vec<Part> {
        let all = paths.iter().copied().map(Some).chain([None]);
        all.flat_map(|path| self.lengths.iter().map(move |length| (path, *length)))
            .collect()
    }
}

/// The rows, by path and length, of what was measured with and without the path.
fn rows(prepared: &Prepared, measured: &[(Part, Measured)]) -> Vec<report::Burst> {
    let without = |length| {
        let mut all = measured.iter();
        all.find(|(part, _)| part.0.is_none() && part.1 == length)
    };
    let row = |((path, length), with): &(Part, Measured)| {
        let (_, without) = without(*length)?;
        Some(report::Burst {
            path: (*path)?.name().into(),
            measure: prepared.setting.measure,
            unit: prepared.unit,
            accel: prepared.setting.accel,
            run: 0,
            length: *length,
            events: with.total.raised,
            received: with.total.received,
            lost: with.total.lost,
            cost: with.cost,
            cost_without: without.cost,
            duration: Quantiles::of(&with.bursts),
        })
    };
    let mut rows: Vec<_> = measured.iter().filter_map(row).collect();
    rows.sort_by(|a, b| (&a.path, a.length).cmp(&(&b.path, b.length)));
    rows
}
