//! How many events a second a path takes: the rate is doubled until the consumers do not keep up.

use std::time::Duration;

use super::Setting;
use super::burst::Listener;
use super::consumers::Consumers;
use super::noise::noise;
use super::simulated::Simulated;
use super::soak::Soak;
use super::window::{Moment, Span, sleep_until};
use crate::clock;
use crate::environment::ThreadState;
use crate::error::Result;
use crate::report::Step;
use crate::stop;

/// The first rate, in events a second.
const FIRST: f64 = 2_000.0;
/// No timer expires more often; faster means more events each time.
const PERIOD: Duration = Duration::from_micros(100);
/// A simulated source has no longer bursts.
const LONGEST: u32 = 1024;
/// Part of the rate asked for below which the source itself does not keep up.
const REACHED: f64 = 0.9;
/// Quarters of a rate's duration that consumers get to keep up with it.
const PATIENCE: u32 = 8;

/// Measures rates.
pub struct Saturation {
    setting: Setting,
    /// How long each rate is kept up.
    duration: Duration,
}

/// What one path takes.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Rates that were tried, ascending.
    pub steps: Vec<Step>,
    /// What the CPUs did for each event at the fastest rate that was sustained.
    pub cost: Option<f64>,
    /// How the consumers were scheduled.
    pub receiver: Option<ThreadState>,
}

impl Saturation {
    /// Nothing is measured yet.
    pub fn new(setting: Setting, duration: Duration) -> Self {
        Saturation { setting, duration }
    }

    /// Doubles the rate until the consumers, or the source, do not keep up.
    ///
    /// # Errors
    /// Those of the source and the path.
    pub fn measure(&self, listen: &Listener, consumers: u32) -> Result<Taken> {
        let mut steps: Vec<Step> = Vec::new();
        let mut sustained = None;
        let mut receiver = None;
        let mut rate = FIRST;
        while let Some(timer) = Timer::of(rate).filter(|_| !stop::requested()) {
            let (step, state) = self.step(timer, listen, consumers)?;
            receiver = state;
            let goes_on = step.is_sustained() && step.raised >= REACHED * step.offered;
            if step.is_sustained() {
                sustained = Some(timer);
            }
            steps.push(step);
            if !goes_on {
                break;
            }
            rate *= 2.0;
        }
        let cost = sustained.map(|timer| self.cost(timer, listen, consumers));
        Ok(Taken {
            steps,
            cost: cost.transpose()?,
            receiver,
        })
    }

    /// One rate.
    fn step(
        &self,
        timer: Timer,
        listen: &Listener,
        number: u32,
    ) -> Result<(Step, Option<ThreadState>)> {
        let (span, state) = self.span(None, timer, listen, number)?;
        let seconds = span.length as f64 / 1e9;
        let given = span.raised as f64 * f64::from(number);
        let step = Step {
            offered: timer.rate(),
            raised: span.raised as f64 / seconds,
            received: span.received as f64 / f64::from(number) / seconds,
            lost: span.lost as f64 / given.max(1.0),
        };
        Ok((step, state))
    }

    /// What the CPUs do for each event. Measured by itself: it takes all of their idle time.
    fn cost(&self, timer: Timer, listen: &Listener, number: u32) -> Result<f64> {
        let soak = Soak::start()?;
        let noise = noise(&soak)?;
        let (span, _) = self.span(Some(&soak), timer, listen, number)?;
        Ok(span.cost(noise))
    }

    fn span(
        &self,
        soak: Option<&Soak>,
        timer: Timer,
        listen: &Listener,
        number: u32,
    ) -> Result<(Span, Option<ThreadState>)> {
        let source = Simulated::start(timer.period, timer.burst)?;
        let listen = listen(source.source())?;
        let setup = &self.setting.consumer;
        let consumers = Consumers::start(number, &listen, setup, timer.burst)?;
        let state = consumers.state();
        let span = || -> Result<Span> {
            self.catch_up(&source, &consumers, timer.burst)?;
            let before = Moment::now(soak, Some(&source), &consumers)?;
            sleep_until(clock::now() + self.duration.as_nanos() as u64)?;
            Ok(Moment::now(soak, Some(&source), &consumers)?.since(&before))
        };
        let outcome = span();
        // Consumers that do not keep up end when nothing more comes.
        drop(source);
        consumers.finish()?;
        Ok((outcome?, state))
    }

    /// Waits a while, and longer if the consumers are behind: events came while they were started.
    fn catch_up(&self, source: &Simulated, consumers: &Consumers, burst: u32) -> Result<()> {
        for _ in 0..PATIENCE {
            sleep_until(clock::now() + self.duration.as_nanos() as u64 / 4)?;
            // They may have got more since it told its newest.
            if source.head()?.saturating_sub(consumers.count().newest) <= burst.into() {
                break;
            }
        }
        Ok(())
    }
}

/// How a simulated source is set.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Timer {
    period: Duration,
    burst: u32,
}

impl Timer {
    /// For so many events a second; `None` if there is none so fast.
    fn of(rate: f64) -> Option<Self> {
        let burst = (rate * PERIOD.as_secs_f64()).round().max(1.0);
        let timer = Timer {
            period: Duration::from_secs_f64(burst / rate),
            burst: burst as u32,
        };
        (timer.burst <= LONGEST).then_some(timer)
    }

    fn rate(&self) -> f64 {
        f64::from(self.burst) / self.period.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_timer_keeps_the_rate(rate in 1.0f64..10_000_000.0) {
            let timer = Timer::of(rate).unwrap();
            prop_assert!((1..=LONGEST).contains(&timer.burst));
            prop_assert!(timer.period >= Duration::from_micros(50));
            prop_assert!((timer.rate() / rate - 1.0).abs() < 0.001, "{}", timer.rate());
        }
    }

    #[test]
    fn there_is_a_fastest() {
        assert_eq!(Timer::of(20_000_000.0), None);
    }
}
