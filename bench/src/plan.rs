//! Measures one block of one path.

use std::sync::Arc;
use std::time::{Duration, Instant};

use irqlink::Source;
use irqlink::realtime::Request;
use nix::unistd::Pid;

use crate::alarm::Alarm;
use crate::environment::ThreadState;
use crate::error::Result;
use crate::feed::Feed;
use crate::progress::Progress;
use crate::receiver::Receiver;
use crate::recorder::{Recorder, Scale};
use crate::report::Traced;
use crate::schedule::Block;
use crate::tracing::WayTrace;
use crate::way;

/// How each block is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The source.
    pub source: Source,
    /// Events come from outside; else they are raised here.
    pub listens: bool,
    /// What is recorded.
    pub scale: Scale,
    /// Events before those that count.
    pub warm_up: u64,
    /// Pause before each.
    pub interval: Duration,
    /// How the receiver runs.
    pub receiver: Request,
    /// Ends the run at an event that takes too long.
    pub alarm: Option<Arc<Alarm>>,
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
    /// Those of the path and the device, and of [`Feed::pass`].
    pub fn measure(&self, block: &Block, progress: &Progress) -> Result<Measured> {
        let recorder = Recorder::new(&self.scale, self.alarm.clone());
        let (mut feed, (), receiver) = self.begin(block, recorder, |_| Ok(()))?;
        let state = receiver.state.clone();
        let alarm = self.alarm.as_deref();

        feed.pass(self.warm_up, &receiver, alarm, progress)?;
        let before = feed.head()?;
        receiver.count_from(before + 1);
        let began = Instant::now();
        let asked = feed.pass(block.events, &receiver, alarm, progress)?;
        let took = began.elapsed();
        let raised = feed.head()? - before;
        let recorder = receiver.finish()?;
        let received = recorder.received();
        let has_rung = alarm.is_some_and(Alarm::has_rung);
        let (asked, events) = match feed {
            // Those after the alarm do not count.
            Feed::Awaited { .. } if has_rung => (received, received),
            Feed::Awaited { .. } => {
                let events = recorder.newest().saturating_sub(before);
                (events, events)
            }
            // Something else may have raised one after the heads were compared.
            Feed::Raised(_) => (asked, asked.max(raised).max(received)),
        };
        Ok(Measured {
            asked,
            events,
            recorder,
            began,
            took,
            receiver: state,
        })
    }

    /// Follows the way of a block's events.
    ///
    /// # Errors
    /// As [`Plan::measure`], and those of [`WayTrace`].
    pub fn trace(&self, block: &Block, progress: &Progress) -> Result<Traced> {
        let scale = Scale {
            keep: block.events as usize,
            ..self.scale
        };
        let recorder = Recorder::new(&scale, None);
        let begin = |thread| WayTrace::begin(thread, block.events);
        // The receiver ends first, see Receiver::start().
        let (mut feed, trace, receiver) = self.begin(block, recorder, begin)?;
        receiver.count_from(feed.head()? + 1);
        feed.pass(block.events, &receiver, None, progress)?;
        trace.stop()?;
        let recorder = receiver.finish()?;
        Ok(way::traced(&recorder.latest(), &trace.read()?))
    }

    fn begin<T>(
        &self,
        block: &Block,
        recorder: Recorder,
        prepare: impl FnOnce(Pid) -> Result<T>,
    ) -> Result<(Feed, T, Receiver)> {
        let (feed, listen) = Feed::take(self, block.path)?;
        let (name, setup) = (&self.source.name, &self.receiver);
        let (prepared, receiver) =
            Receiver::start(block.path, name, listen, setup, recorder, prepare)?;
        Ok((feed, prepared, receiver))
    }
}
