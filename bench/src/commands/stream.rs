//! Options that the commands on streams of simulated events share.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use irqlink::Source;
use irqlink::realtime::{Request, Setup};
use irqlink::units::CpuList;

use super::output::Output;
use crate::environment::{Environment, Order};
use crate::error::{self, Result};
use crate::measure::{Choice, Unit};
use crate::path::{self, Path};
use crate::realtime;
use crate::report::Report;
use crate::stop;
use crate::stream::{BatchListen, Listen, Setting, Simulated};

/// What is measured, and how.
#[derive(Debug, Args)]
pub struct Stream {
    /// What costs are measured in: time, or instructions in a VM whose clock counts them (checked)
    #[arg(short, long, value_enum, default_value_t = Choice::Auto)]
    measure: Choice,
    /// SCHED_FIFO priority of each consumer, 1 to 98, as of `run`; 0 for none
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u8).range(0..=98))]
    priority: u8,
    /// CPUs of the consumers, such as 2 or 2-3
    #[arg(short, long, value_name = "CPUS")]
    cpu: Option<CpuList>,
    /// Number that makes the order; another one each time by default
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    #[command(flatten)]
    output: Output,
}

/// A machine that is set up.
pub struct Prepared {
    /// What all rows have in common.
    pub setting: Setting,
    /// Unit of costs.
    pub unit: Unit,
    /// What is measured.
    pub paths: Vec<&'static dyn Path>,
    /// A path that was asked for is not among them.
    lacks: bool,
    /// The report to be filled.
    pub report: Report,
    /// Random numbers, for the order.
    pub random: fastrand::Rng,
    _setup: Setup,
}

impl Stream {
    /// Sets the machine up for the paths `asked` for, or for those among `all` that are to be had; what is left
    /// out is said, and stands in the report.
    ///
    /// # Errors
    /// Those of the output, of a simulated source and of the set-up;
    /// [`Error::NotHere`](error::Error::NotHere) if no path is to be had.
    pub fn prepare(
        &self,
        asked: &[&'static dyn Path],
        all: impl Iterator<Item = &'static dyn Path>,
    ) -> Result<Prepared> {
        self.output.check()?;
        stop::install()?;
        let choice = choose(asked, all)?;
        let (measure, instruction_clock) = self.measure.settle()?;
        // Consumers that are always busy must not keep the one that ends them from doing so.
        let setup = realtime::apply(&Request {
            lock_memory: true,
            priority: (self.priority > 0).then_some(self.priority + 1),
            ..Request::default()
        })?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u32(..));
        let mut environment =
            Environment::read(instruction_clock, None, &setup.steps, self.cpu.as_ref());
        environment.order = Some(Order { seed, blocks: 1 });
        let setting = Setting {
            measure,
            accel: environment.accel,
            consumer: Request {
                priority: (self.priority > 0).then_some(self.priority),
                leave_rseq: self.priority > 0,
                cpus: self.cpu.clone(),
                ..Request::default()
            },
        };
        let mut report = Report::new(environment, Vec::new(), true);
        report.skipped = choice.skipped;
        Ok(Prepared {
            setting,
            unit: measure.unit(),
            paths: choice.paths,
            lacks: !asked.is_empty() && !report.skipped.is_empty(),
            report,
            random: fastrand::Rng::with_seed(seed.into()),
            _setup: setup,
        })
    }

    /// Gives the report, and the exit code.
    ///
    /// # Errors
    /// The outcome's, and those of writing.
    pub fn finish(&self, prepared: Prepared, outcome: Result<()>) -> Result<ExitCode> {
        let Prepared {
            mut report, lacks, ..
        } = prepared;
        report.partial = outcome.is_err() || stop::requested();
        let given = self.output.give(&report);
        error::first([outcome, given])?;
        Ok(error::code(&report, lacks))
    }
}

/// Among the paths `asked` for, or all, those that are to be had with a simulated source.
fn choose(
    asked: &[&'static dyn Path],
    all: impl Iterator<Item = &'static dyn Path>,
) -> Result<path::Choice> {
    let all: Vec<_> = all.collect();
    let asked = if asked.is_empty() { &all } else { asked };
    let choice = path::Choice::make(asked, Simulated::sample()?.source(), false)?;
    choice.say_skipped();
    Ok(choice)
}

/// How to listen on a path, as a program usually does.
pub fn listener(path: &'static dyn Path) -> impl Fn(&Source) -> Result<Listen> {
    let own = path.own().expect("only those are measured so");
    move |source| {
        own.set_for_good(source)?;
        let name = source.name.clone();
        Ok(Arc::new(move || (own.listen)(&name)))
    }
}

/// How to listen, taking so many records at a time.
pub fn batch_listener(listen: BatchListen, batch: u32) -> impl Fn(&Source) -> Result<Listen> {
    move |source| {
        let name = source.name.clone();
        Ok(Arc::new(move || listen(&name, batch)))
    }
}
