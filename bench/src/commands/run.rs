//! `irqlink-bench run`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use irqlink::realtime::Request;
use irqlink::units::{CpuList, parse_duration};
use irqlink::{Control, Source};

use super::output::Output;
use super::target::{Target, any_source};
use crate::alarm::Alarm;
use crate::environment::{Environment, Order, SourceState};
use crate::error::{self, Error, Result};
use crate::file;
use crate::limit::Limit;
use crate::load::{Load, Program};
use crate::measure::Measure;
use crate::path::{self, Choice, Path};
use crate::plan::Plan;
use crate::realtime;
use crate::recorder::Scale;
use crate::report::{Report, Stopped};
use crate::say::say;
use crate::schedule::{self, Round};
use crate::session::Session;
use crate::stop;

/// `SCHED_FIFO` priority of the thread that triggers, if the receiver's is above it. The receiver
/// preempts it at once, and without the fair class's accounting for a thread that loses its CPU
/// (some 290 instructions), which is not the path's.
const TRIGGER_PRIORITY: u8 = 1;
/// Events before those that count.
const WARM_UP: u64 = 50;
/// Events whose way is followed.
const FOLLOWED: u64 = 200;
/// Events that are kept when one takes too long.
const KEPT: usize = 32;

/// Measure paths: from the stamp in hard IRQ to the handler, the receiver asleep before each.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    target: Target,
    /// Paths to measure, as `irqlink-bench paths` lists them; all by default
    #[arg(short, long = "path", value_name = "NAME,...", value_delimiter = ',', value_parser = path::named)]
    paths: Vec<&'static dyn Path>,
    /// Only paths that begin at irqlink's log: no peers, no timer
    #[arg(long, conflicts_with = "paths")]
    own: bool,
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
    /// Interrupts before those that count, in each block; 50 by default, 1 if they come from outside
    #[arg(long, value_name = "N")]
    warm_up: Option<u64>,
    /// Wait for interrupts from outside; by default only of a source that cannot raise its own
    #[arg(long)]
    listen: bool,
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
    /// Interrupts of each path whose way is followed through the kernel, in a pass of their own, after the
    /// others; 0 for none; 200 by default, none if they come from outside
    #[arg(long = "stages", value_name = "N")]
    followed: Option<u64>,
    /// Stop at the first event that takes longer, such as 200us, and keep the latest events and a trace of
    /// the kernel; less than --timeout
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    stop_above: Option<Duration>,
    /// File for that trace
    #[arg(long, value_name = "FILE", default_value = "irqlink-bench.trace")]
    trace: PathBuf,
    /// Write each block's histogram to this file, an interval log of HdrHistogram (V2)
    #[arg(long, value_name = "FILE")]
    hdr: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Run {
    pub fn run(self) -> Result<ExitCode> {
        if self.stop_above.is_some_and(|above| above >= self.timeout) {
            return Err(Error::BeyondTimeout(self.timeout));
        }
        self.output.check()?;
        let trace = self.stop_above.map(|_| self.trace.as_path());
        let files = [self.hdr.as_deref(), trace];
        files.into_iter().flatten().try_for_each(file::check)?;
        stop::install()?;
        let (source, listens) = self.source()?;
        let choice = self.choice(&source, listens)?;
        let (measure, instruction_clock) = self.target.measure.settle()?;
        let limit = self.limit()?;
        let setup = realtime::apply(&Request {
            lock_memory: true,
            priority: (self.priority > TRIGGER_PRIORITY).then_some(TRIGGER_PRIORITY),
            cpus: self.trigger_cpu.clone(),
            wake_latency: self.dma_latency,
            ..Request::default()
        })?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u32(..));
        let programs = self.programs();
        let mut environment = Environment::read(
            instruction_clock,
            Some(&source),
            &setup.steps,
            self.cpu.as_ref(),
        );
        environment.order = Some(Order {
            seed,
            blocks: self.blocks,
        });
        let interval = u64::try_from(self.interval.as_nanos()).ok();
        environment.interval_ns = interval.filter(|_| !listens);
        environment.listens = Some(listens);
        environment.traced = limit
            .as_ref()
            .is_some_and(|limit| limit.no_trace().is_none());
        let shown = |(load, program): (&Load, &Program)| (*load, program.to_string());
        environment.loads = programs.iter().map(shown).collect();
        let rounds = self.rounds(&choice.paths, &programs, seed);
        let alarm = limit.as_ref().map(|limit| limit.alarm.clone());
        let plan = self.plan(source, listens, measure, environment.clock_read, alarm);
        let mut session = Session::new(plan, environment.accel, programs);
        let followed = self.followed.unwrap_or(if listens { 0 } else { FOLLOWED });
        let outcome = session.run(&rounds).and_then(|()| match followed {
            0 => Ok(()),
            events => session.trace(&choice.paths, events),
        });

        environment.receiver = session.receiver.clone();
        environment
            .source
            .iter_mut()
            .for_each(SourceState::read_again);
        let mut report = Report::new(environment, session.rows(), false);
        let stopped = limit.and_then(|limit| self.stopped(&limit, &mut session));
        report.stopped.extend(stopped);
        report.partial = outcome.is_err() || stop::requested() || !report.stopped.is_empty();
        report.skipped = choice.skipped;
        let given = self.output.give(&report);
        let log = |path| file::write(&session.hdr_log(report.partial), path);
        let logged = self.hdr.as_deref().map_or(Ok(()), log);
        // Why it could not be measured comes before why that could not be written.
        error::first([outcome, given, logged])?;
        let lacks = !self.paths.is_empty() && !report.skipped.is_empty();
        Ok(error::code(&report, lacks))
    }

    /// The source, and whether its interrupts are to come from outside.
    fn source(&self) -> Result<(Source, bool)> {
        let name = self.target.source.as_deref();
        let (source, cannot_raise) = any_source(&mut Control::open()?, name)?;
        let listens = self.listen || cannot_raise;
        if listens {
            let why = match self.listen {
                true => "",
                false => " cannot raise its own interrupt:",
            };
            say(format_args!(
                "{}{why} waiting for {} interrupts from outside for each path; Ctrl-C ends it",
                source.name, self.target.num
            ));
        }
        Ok((source, listens))
    }

    /// The paths, and those that are left out, which is said.
    fn choice(&self, source: &Source, listens: bool) -> Result<Choice> {
        let own: Vec<_> = path::own().collect();
        let asked = if self.own { &own } else { &self.paths };
        let choice = Choice::make(asked, source, listens)?;
        choice.say_skipped();
        Ok(choice)
    }

    fn limit(&self) -> Result<Option<Limit>> {
        let limit = self.stop_above.map(Limit::begin).transpose()?;
        if let Some(why) = limit.as_ref().and_then(Limit::no_trace) {
            say(format_args!("no trace will be kept: {why}"));
        }
        Ok(limit)
    }

    /// Keeps what there is to keep if an event took too long.
    fn stopped(&self, limit: &Limit, session: &mut Session) -> Option<Stopped> {
        if !limit.alarm.has_rung() {
            say(format_args!(
                "no event was beyond the limit of --stop-above"
            ));
            return None;
        }
        let (path, load, events) = session.latest.take()?;
        Some(limit.keep(path, load, events, &self.trace))
    }

    fn rounds(
        &self,
        paths: &[&'static dyn Path],
        programs: &BTreeMap<Load, Program>,
        seed: u32,
    ) -> Vec<Round> {
        let loads = [Load::Idle].into_iter().chain(programs.keys().copied());
        let loads: Vec<Load> = loads.collect();
        schedule::rounds(paths, &loads, self.target.num, self.blocks, seed.into())
    }

    /// What makes the loads.
    fn programs(&self) -> BTreeMap<Load, Program> {
        let found = |load: &Load| Some((*load, Program::find(*load)?));
        self.loads.iter().filter_map(found).collect()
    }

    fn plan(
        &self,
        source: Source,
        listens: bool,
        measure: Measure,
        clock_read: u64,
        alarm: Option<Arc<Alarm>>,
    ) -> Plan {
        Plan {
            source,
            listens,
            alarm,
            scale: Scale {
                measure,
                limit: self.timeout,
                clock_read,
                keep: KEPT,
            },
            warm_up: self.warm_up.unwrap_or(if listens { 1 } else { WARM_UP }),
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
