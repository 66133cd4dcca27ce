//! A span of time between two bursts each, and what happened in it.

use std::time::Duration;

use irqlink::{Access, Device, Event, FileReader, Receiver, Start};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};

use super::consumers::{Consumers, Count};
use super::simulated::Simulated;
use super::soak::Soak;
use crate::clock;
use crate::error::{Error, Result};

/// The state at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    at: u64,
    stolen: u64,
    /// Sequence number of the newest event.
    pub head: u64,
    /// What the consumers have got.
    pub count: Count,
}

/// What happened between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Its length, in ns or instructions.
    pub length: u64,
    /// Events raised.
    pub raised: u64,
    /// Events received and lost by all consumers.
    pub received: u64,
    /// See there.
    pub lost: u64,
    /// What the CPUs did besides soaking.
    pub stolen: u64,
}

impl Moment {
    /// Now.
    ///
    /// # Errors
    /// Those of [`Simulated::head`].
    pub fn now(
        soak: Option<&Soak>,
        source: Option<&Simulated>,
        consumers: &Consumers,
    ) -> Result<Self> {
        Ok(Moment {
            at: clock::now(),
            stolen: soak.map_or(0, Soak::stolen),
            head: source.map_or(Ok(0), Simulated::head)?,
            count: consumers.count(),
        })
    }

    /// What happened since.
    pub fn since(&self, before: &Moment) -> Span {
        Span {
            length: self.at - before.at,
            raised: self.head - before.head,
            received: self.count.received - before.count.received,
            lost: self.count.lost - before.count.lost,
            stolen: self.stolen - before.stolen,
        }
    }
}

impl Span {
    /// What the CPUs did for each event raised. `noise` is what they do besides anyway, as a part
    /// of time. Below 0 if they do less now: the difference of two costs is right nevertheless.
    pub fn cost(&self, noise: f64) -> f64 {
        let work = self.stolen as f64 - noise * self.length as f64;
        work / self.raised.max(1) as f64
    }

    /// Both together.
    pub fn and(self, other: Span) -> Span {
        Span {
            length: self.length + other.length,
            raised: self.raised + other.raised,
            received: self.received + other.received,
            lost: self.lost + other.lost,
            stolen: self.stolen + other.stolen,
        }
    }
}

/// When the source's bursts come.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    due: u64,
    period: u64,
}

impl Phase {
    /// Finds it out by waiting for an event.
    ///
    /// # Errors
    /// Those of [`FileReader`]; [`Error::NothingSimulated`].
    pub fn find(source: &Simulated, period: Duration) -> Result<Self> {
        let device = Device::open(&source.source().name, Access::Read)?;
        let mut reader = FileReader::new(device, Start::Oldest)?;
        let mut due = None;
        for _ in 0..10 {
            sleep_until(clock::now() + period.as_nanos() as u64)?;
            reader.drain(&mut |event| {
                if let Event::Interrupt(record) = event {
                    due = Some(record.trigger_ns);
                }
            })?;
            if let Some(due) = due {
                let period = period.as_nanos() as u64;
                return Ok(Phase { due, period });
            }
        }
        Err(Error::NothingSimulated)
    }

    /// Sleeps until shortly before the burst after the next `periods`.
    ///
    /// # Errors
    /// The system's.
    pub fn wait(&self, periods: u64) -> Result<()> {
        sleep_until(self.before(clock::now(), periods))
    }

    /// Four fifths of a period after a burst was due.
    fn before(&self, now: u64, periods: u64) -> u64 {
        let begun = now.saturating_sub(self.due) / self.period;
        let rest = self.period - self.period / 5;
        self.due + (begun + periods) * self.period + rest
    }
}

/// Sleeps until then, in ns of `CLOCK_MONOTONIC`.
///
/// # Errors
/// The system's.
pub fn sleep_until(when: u64) -> Result<()> {
    let when = TimeSpec::from_duration(Duration::from_nanos(when));
    let flags = ClockNanosleepFlags::TIMER_ABSTIME;
    match clock_nanosleep(ClockId::CLOCK_MONOTONIC, flags, &when) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(errno) => Err(Error::system("sleep")(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cpus_do_anyway_is_no_cost() {
        let span = Span {
            length: 1_000_000,
            raised: 100,
            stolen: 150_000,
            ..Span::default()
        };
        assert_eq!(span.cost(0.05), 1_000.0);
        assert_eq!(span.cost(0.25), -1_000.0);
        assert_eq!(span.and(span).cost(0.05), 1_000.0);
    }

    #[test]
    fn moments_lie_before_bursts() {
        let phase = Phase {
            due: 10_000,
            period: 1_000,
        };
        assert_eq!(phase.before(10_900, 1), 11_800);
        assert_eq!(phase.before(12_100, 0), 12_800);
        assert_eq!(phase.before(12_100, 5), 17_800);
    }
}
