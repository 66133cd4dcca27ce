//! Measures one block of one path.

use std::time::{Duration, Instant};

use irqlink::Source;
use irqlink::realtime::Request;

use crate::environment::ThreadState;
use crate::error::{Error, Result};
use crate::path::Taken;
use crate::progress::Progress;
use crate::receiver::{Arrival, Receiver};
use crate::recorder::{Recorder, Scale};
use crate::schedule::Block;
use crate::stop;
use crate::trigger::Trigger;

/// Events in a row that may stay away before a path is given up.
const PATIENCE: u64 = 10;

/// How each block is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The source.
    pub source: Source,
    /// What is recorded.
    pub scale: Scale,
    /// Events before those that count.
    pub warm_up: u64,
    /// Pause before each.
    pub interval: Duration,
    /// How the receiver runs.
    pub receiver: Request,
}

/// A measured block.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Events that it asked for.
    pub asked: u64,
    /// Events of the source meanwhile: those that it asked for, and others.
    pub events: u64,
    /// What arrived.
    pub recorder: Recorder,
    /// When the first that counts was asked for.
    pub began: Instant,
    /// How long they took.
    pub took: Duration,
    /// Scheduling of the receiver, read back.
    pub receiver: Option<ThreadState>,
}

impl Plan {
    /// Measures one block, or as much of it as there is time for before it is asked to stop.
    ///
    /// # Errors
    /// Those of the path and the device; [`Error::GivenUp`].
    pub fn measure(&self, block: &Block, progress: &Progress) -> Result<Measured> {
        let recorder = Recorder::new(&self.scale);
        let Taken { raise, listen } = block.path.take(&self.source)?;
        let mut trigger = Trigger::new(raise, self.interval, self.scale.limit)?;
        let name = &self.source.name;
        let receiver = Receiver::start(block.path, name, listen, &self.receiver, recorder)?;
        let state = receiver.state.clone();

        self.raise(self.warm_up, block, &mut trigger, &receiver, progress)?;
        let before = trigger.head()?;
        receiver.count_from(before + 1);
        let began = Instant::now();
        let asked = self.raise(block.events, block, &mut trigger, &receiver, progress)?;
        let took = began.elapsed();
        let raised = trigger.head()? - before;
        let recorder = receiver.finish()?;
        Ok(Measured {
            asked,
            // Something else may have raised one after the heads were compared.
            events: asked.max(raised).max(recorder.received()),
            recorder,
            began,
            took,
            receiver: state,
        })
    }

    /// Raises that many interrupts, or fewer if asked to stop. Returns how many.
    fn raise(
        &self,
        events: u64,
        block: &Block,
        trigger: &mut Trigger,
        receiver: &Receiver,
        progress: &Progress,
    ) -> Result<u64> {
        let mut missing = 0;
        for done in 0..events {
            if stop::requested() {
                return Ok(done);
            }
            match trigger.raise(receiver)? {
                Arrival::Handled => missing = 0,
                Arrival::TimedOut => missing += 1,
                Arrival::Ended => return Ok(done),
            }
            if missing == PATIENCE {
                return Err(Error::GivenUp {
                    path: block.path.name(),
                    missing,
                });
            }
            progress.step();
        }
        Ok(events)
    }
}
