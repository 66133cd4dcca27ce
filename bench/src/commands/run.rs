//! `irqlink-bench run`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::Control;
use irqlink::realtime::Request;
use irqlink::units::{CpuList, parse_duration};

use super::output::Output;
use super::target::Target;
use crate::environment::Environment;
use crate::error::{Result, STOPPED};
use crate::path::{self, Path};
use crate::progress::Progress;
use crate::realtime;
use crate::report::Report;
use crate::row::Plan;
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
    /// Interrupts before those that count
    #[arg(long, value_name = "N", default_value_t = 200)]
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
    #[command(flatten)]
    output: Output,
}

impl Run {
    pub fn run(self) -> Result<ExitCode> {
        self.output.check()?;
        stop::install()?;
        let source = self.target.source(&mut Control::open()?)?;
        let (measure, instruction_clock) = self.target.measure.settle()?;
        let setup = realtime::apply(&Request {
            lock_memory: true,
            priority: (self.priority > TRIGGER_PRIORITY).then_some(TRIGGER_PRIORITY),
            cpus: self.trigger_cpu.clone(),
            wake_latency: self.dma_latency,
            ..Request::default()
        })?;
        let environment = Environment::read(instruction_clock, &source, &setup.steps);
        let plan = Plan {
            source,
            measure,
            accel: environment.accel,
            events: self.target.num,
            warm_up: self.warm_up,
            interval: self.interval,
            timeout: self.timeout,
            receiver: Request {
                priority: (self.priority > 0).then_some(self.priority),
                // As `irqlink agent --priority` does.
                leave_rseq: self.priority > 0,
                cpus: self.cpu.clone(),
                ..Request::default()
            },
        };
        let mut report = Report::new(environment, Vec::new(), true);
        let outcome = self.measure(&plan, &mut report);
        report.partial = outcome.is_err() || stop::requested();
        let code = self.output.give(&report)?;
        outcome?;
        match stop::requested() {
            true => Ok(ExitCode::from(STOPPED)),
            false => Ok(code),
        }
    }
    /// Measures the paths, as far as it gets.
    fn measure(&self, plan: &Plan, report: &mut Report) -> Result<()> {
        let all = match self.paths.is_empty() {
            true => path::ALL,
            false => &self.paths,
        };
        let progress = Progress::new();
        for path in all {
            let Some(measured) = plan.measure(*path, &progress)? else {
                break;
            };
            report.results.push(measured.row);
            report.environment.receiver = measured.receiver;
            if stop::requested() {
                break;
            }
        }
        Ok(())
    }
}
