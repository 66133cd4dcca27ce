//! `irqlink-bench run`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::realtime::Request;
use irqlink::units::{CpuList, parse_duration};
use irqlink::{Control, Source};

use super::output::Output;
use super::target::Target;
use crate::environment::{Environment, Order};
use crate::error::{self, NOT_HERE, Result};
use crate::file;
use crate::load::{Load, Program};
use crate::measure::Measure;
use crate::path::{self, Choice, Path};
use crate::plan::Plan;
use crate::realtime;
use crate::recorder::Scale;
use crate::report::Report;
use crate::schedule;
use crate::session::Session;
use crate::stop;

/// `SCHED_FIFO` priority of the thread that triggers, if the receiver's is above it. The receiver
/// preempts it at once, and without the fair class's accounting for a thread that loses its CPU
/// (some 290 instructions), which is not the path's.
const TRIGGER_PRIORITY: u8 = 1;

/// Measure paths: from the stamp in hard IRQ to the handler, the receiver asleep before each.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    target: Target,
    /// Paths to measure, as `irqlink-bench paths` lists them; all by default
    #[arg(short, long = "path", value_name = "NAME,...", value_delimiter = ',', value_parser = path::named)]
    paths: Vec<&'static dyn Path>,
    /// Parts in which each path is measured; those of all paths are mixed at random
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    blocks: u64,
    /// Number that makes the order of the blocks; another one each time by default
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Measure also while the machine is under these loads
    #[arg(
        long = "load",
        value_name = "LOAD,...",
        value_delimiter = ',',
        value_enum
    )]
    loads: Vec<Load>,
    /// Interrupts before those that count, in each block
    #[arg(long, value_name = "N", default_value_t = 50)]
    warm_up: u64,
    /// Pause before each interrupt, such as 200us or 1ms
    #[arg(short, long, value_name = "TIME", default_value = "200us", value_parser = parse_duration)]
    interval: Duration,
    /// An event that takes longer counts as lost
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    timeout: Duration,
    /// SCHED_FIFO priority of the receiver, 1 to 99, which also leaves restartable sequences, as
    /// `irqlink agent --priority` does; 0 for neither
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u8).range(0..=99))]
    priority: u8,
    /// CPUs of the receiver, such as 2 or 2-3
    #[arg(short, long, value_name = "CPUS")]
    cpu: Option<CpuList>,
    /// CPUs of the thread that triggers
    #[arg(long, value_name = "CPUS")]
    trigger_cpu: Option<CpuList>,
    /// Keep CPUs out of idle states that take longer to leave than this, such as 0us
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    dma_latency: Option<Duration>,
    /// Write each block's histogram to this file, an interval log of HdrHistogram (V2)
    #[arg(long, value_name = "FILE")]
    hdr: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Run {
    pub fn run(self) -> Result<ExitCode> {
        self.output.check()?;
        self.hdr.as_deref().map_or(Ok(()), file::check)?;
        stop::install()?;
        let source = self.target.source(&mut Control::open()?)?;
        let choice = Choice::make(&self.paths, &source)?;
        for skipped in &choice.skipped {
            eprintln!("irqlink-bench: skipped {}: {}", skipped.path, skipped.why);
        }
        let (measure, instruction_clock) = self.target.measure.settle()?;
        let setup = realtime::apply(&Request {
            lock_memory: true,
            priority: (self.priority > TRIGGER_PRIORITY).then_some(TRIGGER_PRIORITY),
            cpus: self.trigger_cpu.clone(),
            wake_latency: self.dma_latency,
            ..Request::default()
        })?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u32(..));
        let mut environment = Environment::read(instruction_clock, Some(&source), &setup.steps);
        environment.order = Some(Order {
            seed,
            blocks: self.blocks,
        });
        let programs = self.programs();
        let shown = |(load, program): (&Load, &Program)| (*load, program.to_string());
        environment.loads = programs.iter().map(shown).collect();
        let loads: Vec<Load> = [Load::Idle]
            .into_iter()
            .chain(programs.keys().copied())
            .collect();
        let rounds = schedule::rounds(
            &choice.paths,
            &loads,
            self.target.num,
            self.blocks,
            seed.into(),
        );
        let plan = self.plan(source, measure, environment.clock_read);
        let mut session = Session::new(plan, environment.accel, programs);
        let outcome = session.run(&rounds);

        environment.receiver = session.receiver.clone();
        let partial = outcome.is_err() || stop::requested();
        let mut report = Report::new(environment, session.rows(), partial);
        report.skipped = choice.skipped;
        let given = self.output.give(&report);
        let log = |path| file::write(&session.hdr_log(), path);
        let logged = self.hdr.as_deref().map_or(Ok(()), log);
        // Why it could not be measured comes before why that could not be written.
        outcome.and(given).and(logged)?;
        let lacks = !self.paths.is_empty() && !report.skipped.is_empty();
        match error::code(&report) {
            ExitCode::SUCCESS if lacks => Ok(ExitCode::from(NOT_HERE)),
            code => Ok(code),
        }
    }

    /// What makes the loads.
    fn programs(&self) -> BTreeMap<Load, Program> {
        let found = |load: &Load| Some((*load, Program::find(*load)?));
        self.loads.iter().filter_map(found).collect()
    }

    fn plan(&self, source: Source, measure: Measure, clock_read: u64) -> Plan {
        Plan {
            source,
            scale: Scale {
                measure,
                limit: self.timeout,
                clock_read,
            },
            warm_up: self.warm_up,
            interval: self.interval,
            receiver: Request {
                priority: (self.priority > 0).then_some(self.priority),
                // As `irqlink agent --priority` does.
                leave_rseq: self.priority > 0,
                cpus: self.cpu.clone(),
                ..Request::default()
            },
        }
    }
}
