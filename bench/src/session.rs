//! Measures the blocks of a run, in their order, as far as it gets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::alarm::Alarm;
use crate::environment::{Accel, ThreadState};
use crate::error::{Error, Result};
use crate::hdr_log::{self, Interval};
use crate::load::{Child, Load, Program};
use crate::path::Path;
use crate::plan::{Measured, Plan};
use crate::progress::Progress;
use crate::report::{Row, Traced};
use crate::rows::Rows;
use crate::sample::Sample;
use crate::schedule::{Block, Round};
use crate::stop;
use crate::tracing::WayTrace;

/// A run.
pub struct Session {
    plan: Plan,
    loads: BTreeMap<Load, Program>,
    rows: Rows,
    intervals: Vec<Interval>,
    start: (SystemTime, Instant),
    /// The latest events, and of which path, under which load.
    pub latest: Option<(&'static str, Load, Vec<Sample>)>,
    /// Scheduling of the receiver, read back.
    pub receiver: Option<ThreadState>,
}

impl Session {
    /// Nothing is measured yet.
    pub fn new(plan: Plan, accel: Accel, loads: BTreeMap<Load, Program>) -> Self {
        let rows = Rows::new(&plan.source.name, plan.scale.measure, accel);
        Session {
            plan,
            loads,
            rows,
            intervals: Vec::new(),
            start: (SystemTime::now(), Instant::now()),
            latest: None,
            receiver: None,
        }
    }

    /// Measures. What was measured before an error stays.
    ///
    /// # Errors
    /// Those of [`Plan::measure`] and [`Child::start`]; [`Error::NothingArrived`].
    pub fn run(&mut self, rounds: &[Round]) -> Result<()> {
        let events = |block: &Block| self.plan.warm_up + block.events;
        let progress = Progress::new(rounds.iter().flatten().map(events).sum());
        for (number, round) in rounds.iter().enumerate() {
            progress.line(&format!("round {} of {}", number + 1, rounds.len()));
            for blocks in round.chunk_by(|a, b| a.load == b.load) {
                if self.is_over() {
                    return Ok(());
                }
                self.under_load(blocks, &progress)?;
            }
        }
        match self.rows.silent().next() {
            Some((path, raised)) if !self.is_over() => Err(Error::NothingArrived {
                path,
                source_name: self.plan.source.name.clone(),
                raised,
            }),
            _ => Ok(()),
        }
    }

    /// Follows the way of some events of each path, on an idle machine.
    ///
    /// # Errors
    /// Those of [`Plan::trace`].
    pub fn trace(&mut self, paths: &[&'static dyn Path], events: u64) -> Result<()> {
        if let Err(error) = WayTrace::check() {
            let traced = Traced {
                missing: Some(error.to_string()),
                ..Traced::default()
            };
            paths
                .iter()
                .for_each(|path| self.rows.set_traced(path.name(), &traced));
            return Ok(());
        }
        let progress = Progress::new(events * paths.len() as u64);
        progress.line("stages");
        for path in paths {
            if self.is_over() {
                break;
            }
            progress.begin(format!("{}, stages", path.name()));
            let block = Block {
                load: Load::Idle,
                path: *path,
                events,
            };
            let traced = self.plan.trace(&block, &progress)?;
            self.rows.set_traced(path.name(), &traced);
        }
        Ok(())
    }

    /// It was asked to stop, or an event took too long.
    fn is_over(&self) -> bool {
        let has_rung = |alarm: &Arc<Alarm>| alarm.has_rung();
        stop::requested() || self.plan.alarm.as_ref().is_some_and(has_rung)
    }

    /// Measures blocks that have the same load.
    fn under_load(&mut self, blocks: &[Block], progress: &Progress) -> Result<()> {
        let load = blocks[0].load;
        progress.begin(load.name());
        let program = self.loads.get(&load);
        let _running = program
            .map(|program| Child::start(load, program))
            .transpose()?;
        for block in blocks {
            if self.is_over() {
                break;
            }
            progress.begin(match load {
                Load::Idle => block.path.name().to_owned(),
                load => format!("{}, load {}", block.path.name(), load.name()),
            });
            let measured = self.plan.measure(block, progress)?;
            self.add(block, measured);
        }
        Ok(())
    }

    fn add(&mut self, block: &Block, measured: Measured) {
        self.rows.add(block, &measured);
        self.intervals.push(Interval::new(
            block,
            measured.began.duration_since(self.start.1),
            measured.took,
            &measured.recorder,
        ));
        self.latest = Some((block.path.name(), block.load, measured.recorder.latest()));
        self.receiver = measured.receiver;
    }

    /// The rows so far.
    pub fn rows(&self) -> Vec<Row> {
        self.rows.finish()
    }

    /// The blocks so far, as an interval log, which may be marked as partial.
    pub fn hdr_log(&self, is_partial: bool) -> Vec<u8> {
        let measure = self.plan.scale.measure;
        hdr_log::text(self.start.0, measure, &self.intervals, is_partial)
    }
}
