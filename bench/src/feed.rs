//! Where a block's events come from: they are raised here, or come from outside.

use std::time::Duration;

use irqlink::{Access, Device};

use crate::alarm::Alarm;
use crate::error::{Error, Result};
use crate::path::{Listen, Path, SetDelivery, Taken};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::receiver::{Arrival, Receiver};
use crate::stop;
use crate::trigger::Trigger;

/// Events in a row that may stay away before a path is given up.
const PATIENCE: u64 = 10;
/// How often it is looked whether waiting for the outside shall end.
const LOOK: Duration = Duration::from_millis(200);

/// Where a block's events come from.
pub enum Feed {
    /// They are raised here, one at a time.
    Raised(Trigger),
    /// They come from outside, through this source, when they come.
    Awaited {
        source: Device,
        /// As the path wants it meanwhile.
        _set: Option<SetDelivery>,
    },
}

impl Feed {
    /// Prepares a path. Also tells how to listen on it.
    ///
    /// # Errors
    /// Those of the path and the device.
    pub fn take(plan: &Plan, path: &'static dyn Path) -> Result<(Self, Listen)> {
        let name = plan.source.name.clone();
        match path.own().filter(|_| plan.listens) {
            Some(own) => {
                let source = Device::open(&name, Access::Read)?;
                let (_set, listen) = (own.set(&name)?, own.listen);
                Ok((
                    Feed::Awaited { source, _set },
                    Box::new(move || listen(&name)),
                ))
            }
            None => {
                let Taken { raise, listen } = path.take(&plan.source)?;
                let trigger = Trigger::new(raise, plan.interval, plan.scale.limit)?;
                Ok((Feed::Raised(trigger), listen))
            }
        }
    }

    /// Sequence number of the newest event.
    ///
    /// # Errors
    /// The device's.
    pub fn head(&self) -> Result<u64> {
        match self {
            Feed::Raised(trigger) => trigger.head(),
            Feed::Awaited { source, .. } => Ok(source.info()?.head),
        }
    }

    /// Raises that many interrupts, or waits for them; fewer if asked to stop, or once the alarm has
    /// rung. Returns how many.
    ///
    /// # Errors
    /// The device's; [`Error::GivenUp`].
    pub fn pass(
        &mut self,
        events: u64,
        receiver: &Receiver,
        alarm: Option<&Alarm>,
        progress: &Progress,
    ) -> Result<u64> {
        let first = self.head()? + 1;
        let mut missing = 0;
        let mut done = 0;
        let has_rung = || alarm.is_some_and(Alarm::has_rung);
        while done < events && !stop::requested() && !has_rung() {
            let arrival = match self {
                Feed::Raised(trigger) => trigger.raise(receiver)?,
                Feed::Awaited { .. } => receiver.until_handled(first + done, LOOK),
            };
            missing = match arrival {
                Arrival::Handled => 0,
                Arrival::TimedOut => missing + 1,
                Arrival::Ended => break,
            };
            if let (Feed::Awaited { .. }, Arrival::TimedOut) = (&self, arrival) {
                continue;
            }
            if missing == PATIENCE {
                return Err(Error::GivenUp {
                    path: receiver.path().name(),
                    missing,
                });
            }
            done += 1;
            progress.step();
        }
        Ok(done)
    }
}
