//! Measures the blocks of a run, in their order, as far as it gets.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

use crate::environment::{Accel, ThreadState};
use crate::error::{Error, Result};
use crate::hdr_log::{self, Interval};
use crate::load::{Child, Load, Program};
use crate::plan::{Measured, Plan};
use crate::progress::Progress;
use crate::report::Row;
use crate::rows::Rows;
use crate::schedule::{Block, Round};
use crate::stop;

/// A run.
pub struct Session {
    plan: Plan,
    loads: BTreeMap<Load, Program>,
    rows: Rows,
    intervals: Vec<Interval>,
    start: (SystemTime, Instant),
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
                self.under_load(blocks, &progress)?;
            }
        }
        match self.rows.silent().next() {
            Some((path, raised)) if !stop::requested() => Err(Error::NothingArrived {
                path,
                source_name: self.plan.source.name.clone(),
                raised,
            }),
            _ => Ok(()),
        }
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
            if stop::requested() {
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
            measured.recorder.histogram(),
        ));
        self.receiver = measured.receiver;
    }

    /// The rows so far.
    pub fn rows(&self) -> Vec<Row> {
        self.rows.finish()
    }

    /// The blocks so far, as an interval log.
    pub fn hdr_log(&self) -> Vec<u8> {
        hdr_log::text(self.start.0, self.plan.scale.measure, &self.intervals)
    }
}
