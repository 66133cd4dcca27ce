//! `irqlink-bench handler`

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use irqlink::units::parse_duration;
use irqlink::{Access, Agent, Control, Device, Options, Receiver, Source, Start};

use super::output::Output;
use super::target::Target;
use crate::environment::{Environment, SourceState};
use crate::error::{self, Error, Result};
use crate::load::Load;
use crate::measure::Measure;
use crate::recorder::Stage;
use crate::report::{HANDLER, Percentile, Quantiles, Report, Row, distribution};
use crate::stop;
use crate::tracing::HandlerTrace;

/// Measure the interrupt handler itself: from its stamp until the delivery is scheduled.
///
/// Needs tracefs. The module reads the clock at both ends, before tracing adds work of its own.
#[derive(Debug, Args)]
pub struct Handler {
    #[command(flatten)]
    target: Target,
    /// Netlink agents to register meanwhile
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1024))]
    consumers: u32,
    /// Interrupts before those that count
    #[arg(long, value_name = "N", default_value_t = 200)]
    warm_up: u64,
    /// An event that takes longer counts as lost
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    output: Output,
}

impl Handler {
    pub fn run(self) -> Result<ExitCode> {
        self.output.check()?;
        stop::install()?;
        let source = self.target.source(&mut Control::open()?)?;
        let (measure, instruction_clock) = self.target.measure.settle()?;
        let mut environment = Environment::read(instruction_clock, Some(&source), &[], None);
        let rows = self.measure(&source, measure, &environment)?;
        environment
            .source
            .iter_mut()
            .for_each(SourceState::read_again);
        let report = Report::new(environment, rows, stop::requested());
        self.output.give(&report)?;
        Ok(error::code(&report, false))
    }

    /// The row; none if it was asked to stop before the first event that counts.
    fn measure(
        &self,
        source: &Source,
        measure: Measure,
        environment: &Environment,
    ) -> Result<Vec<Row>> {
        // The warm-up's events may be overwritten: they do not count.
        let tracing = HandlerTrace::begin(source.id, self.target.num)?;
        let device = Device::open(&source.name, Access::ReadWrite)?;
        let mut agents = Vec::new();
        for _ in 0..self.consumers {
            let mut agent = Agent::open(Options::default())?;
            agent.register_device(&device, Start::Next)?;
            agents.push(agent);
        }
        self.raise(self.warm_up, &device, &mut agents)?;
        let before = device.info()?.head;
        let events = self.raise(self.target.num, &device, &mut agents)?;

        let mut histogram = Histogram::<u64>::new(measure.digits()).expect("digits are at most 5");
        for (sequence, time) in tracing.read()? {
            if sequence > before {
                histogram.saturating_record(time);
            }
        }
        if histogram.is_empty() && stop::requested() {
            return Ok(Vec::new());
        }
        if histogram.is_empty() {
            return Err(Error::NothingArrived {
                path: HANDLER,
                source_name: source.name.clone(),
                raised: events,
            });
        }
        Ok(vec![Row {
            path: HANDLER.into(),
            measure,
            unit: measure.unit(),
            accel: environment.accel,
            run: 0,
            source: source.name.clone(),
            load: Load::Idle,
            consumers: Some(self.consumers),
            events,
            received: histogram.len(),
            lost: events.saturating_sub(histogram.len()),
            gaps: 0,
            duplicates: 0,
            unasked: histogram.len().saturating_sub(events),
            stage: Stage::IrqToHandler,
            quantiles: Quantiles::of(&histogram),
            unsupported: Percentile::unsupported(histogram.len()),
            stages: BTreeMap::new(),
            traced: None,
            histogram: Some(distribution::encode(&histogram)),
            histogram_from_trigger: None,
            worst: Vec::new(),
        }])
    }

    /// Raises interrupts, each when the one before has been handled everywhere. Returns how many.
    fn raise(&self, events: u64, device: &Device, agents: &mut [Agent]) -> Result<u64> {
        for done in 0..events {
            if stop::requested() {
                return Ok(done);
            }
            let next = device.info()?.head + 1;
            device.trigger()?;
            let deadline = Instant::now() + self.timeout;
            while device.info()?.head < next && Instant::now() < deadline {
                std::thread::yield_now();
            }
            for agent in &mut *agents {
                agent.drain(&mut |_| {})?;
            }
        }
        Ok(events)
    }
}
