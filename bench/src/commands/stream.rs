//! Options that the commands on streams of simulated events share.

use std::sync::Arc;

use clap::Args;
use irqlink::Source;
use irqlink::realtime::{Request, Setup};
use irqlink::units::CpuList;

use super::output::Output;
use crate::environment::{Environment, Order};
use crate::error::{self, Result};
use crate::measure::{Choice, Unit};
use crate::path::Path;
use crate::realtime;
use crate::report::Report;
use crate::stop;
use crate::stream::{BatchListen, Listen, Setting};

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
    /// The report to be filled.
    pub report: Report,
    /// Random numbers, for the order.
    pub random: fastrand::Rng,
    _setup: Setup,
}

impl Stream {
    /// Sets the machine up.
    ///
    /// # Errors
    /// Those of the output and of the set-up.
    pub fn prepare(&self) -> Result<Prepared> {
        self.output.check()?;
        stop::install()?;
        let (measure, instruction_clock) = self.measure.settle()?;
        // Consumers that are always busy must not keep the one that ends them from doing so.
        let setup = realtime::apply(&Request {
            lock_memory: true,
            priority: (self.priority > 0).then_some(self.priority + 1),
            ..Request::default()
        })?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u32(..));
        let mut environment = Environment::read(instruction_clock, None, &setup.steps);
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
        Ok(Prepared {
            setting,
            unit: measure.unit(),
            report: Report::new(environment, Vec::new(), true),
            random: fastrand::Rng::with_seed(seed.into()),
            _setup: setup,
        })
    }

    /// Gives the report, and the exit code.
    ///
    /// # Errors
    /// The outcome's, and those of writing.
    pub fn finish(
        &self,
        mut report: Report,
        outcome: Result<()>,
    ) -> Result<std::process::ExitCode> {
        report.partial = outcome.is_err() || stop::requested();
        let given = self.output.give(&report);
        outcome.and(given)?;
        Ok(error::code(&report))
    }
}

/// How to listen on a path, as a program usually does.
pub fn listener(path: &'static dyn Path) -> impl Fn(&Source) -> Listen {
    let own = path.own().expect("only those are measured so");
    move |source| {
        let name = source.name.clone();
        Arc::new(move || (own.listen)(&name))
    }
}

/// How to listen, taking so many records at a time.
pub fn batch_listener(listen: BatchListen, batch: u32) -> impl Fn(&Source) -> Listen {
    move |source| {
        let name = source.name.clone();
        Arc::new(move || listen(&name, batch))
    }
}
