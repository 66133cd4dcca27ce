//! What an event costs in a burst, and how long the burst takes.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::Setting;
use super::consumers::{Consumers, Listen};
use super::noise::{median, noise};
use super::simulated::Simulated;
use super::soak::Soak;
use super::window::{Moment, Phase, Span};
use crate::environment::ThreadState;
use crate::error::{Error, Result};

/// Between bursts: at least this, and this for each event of one.
const PERIOD: (Duration, Duration) = (Duration::from_millis(1), Duration::from_micros(20));
/// The period is doubled at most so often until the consumer is done in time.
const DOUBLINGS: u32 = 6;
/// And so often until it loses nothing. What it loses then is the path's own.
const LOSSES: u32 = 3;
/// Pauses between bursts at which the consumer may be late, before it is found too slow.
const PAUSES: u32 = 20;
/// Spans whose median is taken.
const SPANS: usize = 5;

/// Measures bursts.
pub struct Bursts {
    setting: Setting,
    soak: Soak,
    /// What the CPUs do besides when nothing happens, as a part of time.
    noise: f64,
}

/// Bursts of one length, with or without a consumer.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What the CPUs did for each event.
    pub cost: f64,
    /// What happened in all spans together.
    pub total: Span,
    /// From the first event of a burst to its last.
    pub bursts: Histogram<u64>,
    /// How the consumer was scheduled.
    pub receiver: Option<ThreadState>,
}

impl Bursts {
    /// Watches the CPUs for a while.
    ///
    /// # Errors
    /// The system's.
    pub fn prepare(setting: Setting) -> Result<Self> {
        let soak = Soak::start()?;
        let noise = noise(&soak)?;
        Ok(Bursts {
            setting,
            soak,
            noise,
        })
    }

    /// Measures some `events` in bursts of `length`; without a consumer if `listen` is `None`.
    ///
    /// # Errors
    /// Those of the source and the path; [`Error::TooSlow`].
    pub fn measure(&self, listen: Option<&Listener>, length: u32, events: u64) -> Result<Measured> {
        let mut period = PERIOD.0 + PERIOD.1 * length;
        for doubling in 0..DOUBLINGS {
            match self.try_at(period, listen, length, events)? {
                Some(measured) if measured.total.lost == 0 || doubling >= LOSSES => {
                    return Ok(measured);
                }
                _ => period *= 2,
            }
        }
        Err(Error::TooSlow { length })
    }

    /// Measures at a period; `None` if the consumer was not done when the next burst came.
    fn try_at(
        &self,
        period: Duration,
        listen: Option<&Listener>,
        length: u32,
        events: u64,
    ) -> Result<Option<Measured>> {
        let source = Simulated::start(period, length)?;
        let number = u32::from(listen.is_some());
        let idle: Listen = std::sync::Arc::new(|| unreachable!("nobody listens"));
        let listen = listen.map_or(Ok(idle), |listen| listen(source.source()))?;
        let consumers = Consumers::start(number, &listen, &self.setting.consumer, length)?;
        let spans = self.spans(&source, &consumers, period, length, events);
        // A consumer that does not keep up ends when nothing more comes.
        drop(source);
        let receiver = consumers.state();
        let bursts = consumers.finish()?;
        Ok(spans?.map(|spans| Measured {
            cost: median(spans.iter().map(|span| span.cost(self.noise)).collect()),
            total: spans.into_iter().fold(Span::default(), Span::and),
            bursts,
            receiver,
        }))
    }

    fn spans(
        &self,
        source: &Simulated,
        consumers: &Consumers,
        period: Duration,
        length: u32,
        events: u64,
    ) -> Result<Option<Vec<Span>>> {
        let bursts = (events / u64::from(length)).div_ceil(SPANS as u64).max(2);
        let phase = Phase::find(source, period)?;
        let pause = |periods| self.pause(&phase, source, consumers, periods);
        // The first bursts warm up.
        let Some(mut before) = pause(3)? else {
            return Ok(None);
        };
        let mut spans = Vec::new();
        for _ in 0..SPANS {
            let Some(now) = pause(bursts)? else {
                return Ok(None);
            };
            spans.push(now.since(&before));
            before = now;
        }
        Ok(Some(spans))
    }

    /// A moment after so many periods at which the consumer is done; `None` if it never is.
    fn pause(
        &self,
        phase: &Phase,
        source: &Simulated,
        consumers: &Consumers,
        periods: u64,
    ) -> Result<Option<Moment>> {
        phase.wait(periods)?;
        for _ in 0..PAUSES {
            let now = Moment::now(Some(&self.soak), Some(source), consumers)?;
            if consumers.is_empty() || now.count.newest == now.head {
                return Ok(Some(now));
            }
            phase.wait(1)?;
        }
        Ok(None)
    }
}

/// How to listen to a source that is yet to be made, which may be set for that.
pub type Listener = dyn Fn(&irqlink::Source) -> Result<Listen>;
