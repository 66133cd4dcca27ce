//! Measures one path: a row of the report.

use std::time::Duration;

use irqlink::Source;
use irqlink::realtime::Request;

use crate::environment::{Accel, ThreadState};
use crate::error::{Error, Result};
use crate::measure::Measure;
use crate::path::Path;
use crate::progress::Progress;
use crate::receiver::{Arrival, Receiver};
use crate::recorder::{Recorder, Stage};
use crate::report::Row;
use crate::stop;
use crate::trigger::Trigger;

/// Events in a row that may stay away before a path is given up.
const PATIENCE: u64 = 10;

/// How each path is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The source.
    pub source: Source,
    /// What is measured.
    pub measure: Measure,
    /// What executes the instructions.
    pub accel: Accel,
    /// Events that count.
    pub events: u64,
    /// Events before that do not.
    pub warm_up: u64,
    /// Pause before each.
    pub interval: Duration,
    /// How long an event may take before it counts as lost.
    pub timeout: Duration,
    /// How the receiver runs.
    pub receiver: Request,
}

/// A measured path.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its row.
    pub row: Row,
    /// Scheduling of the receiver, read back.
    pub receiver: Option<ThreadState>,
}

impl Plan {
    /// Measures one path. `None` if it was asked to stop before any event counted.
    ///
    /// # Errors
    /// Those of the path and the device; [`Error::NothingArrived`], [`Error::GivenUp`].
    pub fn measure(
        &self,
        path: &'static dyn Path,
        progress: &Progress,
    ) -> Result<Option<Measured>> {
        let recorder = Recorder::new(self.measure, self.timeout);
        let mut trigger = Trigger::open(&self.source.name, self.interval, self.timeout)?;
        let receiver = Receiver::start(path, &self.source.name, &self.receiver, recorder)?;
        let state = receiver.state.clone();

        progress.begin(path.name(), self.warm_up + self.events);
        self.raise(self.warm_up, path, &mut trigger, &receiver, progress)?;
        let before = trigger.head()?;
        receiver.count_from(before + 1);
        let asked = self.raise(self.events, path, &mut trigger, &receiver, progress)?;
        let raised = trigger.head()? - before;
        let recorder = receiver.finish()?;
        progress.end();

        match self.row(path, asked, raised, &recorder) {
            Some(row) => Ok(Some(Measured {
                row,
                receiver: state,
            })),
            None if stop::requested() => Ok(None),
            None => Err(Error::NothingArrived {
                path: path.name(),
                source_name: self.source.name.clone(),
                raised: asked,
            }),
        }
    }

    /// Raises that many interrupts, or fewer if asked to stop. Returns how many.
    fn raise(
        &self,
        events: u64,
        path: &dyn Path,
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
                    path: path.name(),
                    missing,
                });
            }
            progress.step();
        }
        Ok(events)
    }

    /// The row; `None` if nothing was received.
    fn row(&self, path: &dyn Path, asked: u64, raised: u64, recorder: &Recorder) -> Option<Row> {
        let stages = recorder.stages();
        // Something else may have raised one after the heads were compared.
        let events = asked.max(raised).max(recorder.received());
        Some(Row {
            path: path.name().into(),
            measure: self.measure,
            unit: self.measure.unit(),
            accel: self.accel,
            run: 0,
            source: self.source.name.clone(),
            consumers: None,
            events,
            received: recorder.received(),
            lost: events.saturating_sub(recorder.received()),
            duplicates: recorder.duplicates(),
            unasked: events - asked,
            quantiles: *stages.get(&Stage::IrqToHandler)?,
            stages,
        })
    }
}

#[cfg(test)]
mod tests {
    use irqlink::Event;
    use irqlink::abi::Record;

    use super::*;

    fn plan() -> Plan {
        Plan {
            source: Source {
                name: "edu0".into(),
                ..Source::default()
            },
            measure: Measure::Time,
            accel: Accel::None,
            events: 3,
            warm_up: 0,
            interval: Duration::ZERO,
            timeout: Duration::from_secs(1),
            receiver: Request::default(),
        }
    }

    fn recorder(events: u64) -> Recorder {
        let mut recorder = Recorder::new(Measure::Time, Duration::from_secs(1));
        for seq in 1..=events {
            let record = Record {
                seq,
                time_ns: 100,
                ..Record::default()
            };
            recorder.note(1_100, Event::Interrupt(&record), 1);
        }
        recorder
    }

    fn row(asked: u64, raised: u64, received: u64) -> Option<Row> {
        plan().row(crate::path::ALL[0], asked, raised, &recorder(received))
    }

    #[test]
    fn what_did_not_arrive_is_lost() {
        let row = row(3, 3, 2).unwrap();
        assert_eq!((row.events, row.received, row.lost), (3, 2, 1));
    }

    #[test]
    fn what_was_not_even_raised_is_lost() {
        let row = row(3, 2, 2).unwrap();
        assert_eq!((row.events, row.received, row.lost), (3, 2, 1));
    }

    #[test]
    fn interrupts_of_others_are_told_apart() {
        let row = row(3, 5, 5).unwrap();
        assert_eq!((row.events, row.received, row.unasked), (5, 5, 2));
    }

    #[test]
    fn without_events_there_is_no_row() {
        assert!(row(3, 3, 0).is_none());
    }
}
