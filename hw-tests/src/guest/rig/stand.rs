//! A rig, set up on this board.

use std::thread;
use std::time::{Duration, Instant};

use irqlink::{Control, GpioLine, NewSource, Source as Added};
use irqlink_hw_tests::rig::{Rig, Source, Trigger};
use libtest_mimic::Failed;

use super::Case;
use super::stimulus::Stimulus;
use crate::board::{self, Board, ensure};
use crate::sim_chip::SimChip;

/// A rig, set up until the test ends.
pub struct Stand<'a> {
    /// What it is.
    pub case: &'a Case,
    /// Name of the source.
    pub source: String,
    /// The source's file.
    pub board: Board,
    // The source goes before what it is made of.
    _made: Option<Made>,
    stimulus: Stimulus,
}

impl<'a> Stand<'a> {
    /// Why a rig cannot be set up here, though nothing is wrong with it.
    pub fn missing(rig: &Rig) -> Option<String> {
        match rig.trigger {
            Trigger::GpioSim => SimChip::missing(),
            _ => None,
        }
    }

    /// Sets it up.
    pub fn new(case: &'a Case) -> Result<Stand<'a>, Failed> {
        // A line is at rest before its edges count.
        let stimulus = Stimulus::new(&case.rig)?;
        let made = make(&case.rig.source)?;
        let source = match (&case.rig.source, &made) {
            (_, Some(made)) => made.0.name.clone(),
            (Source::Name(name), None) => name.clone(),
            (_, None) => unreachable!("what has no name is made"),
        };
        Ok(Stand {
            case,
            board: Board::open(&source)?,
            source,
            _made: made,
            stimulus,
        })
    }

    /// The rig.
    pub fn rig(&self) -> &'a Rig {
        &self.case.rig
    }

    /// How the kernel describes the source.
    pub fn describe(&self) -> Result<Added, Failed> {
        Ok(Control::open()?.source(&self.source)?)
    }

    /// The test makes the interrupts; else they come by themselves.
    pub fn is_driven(&self) -> bool {
        !matches!(self.stimulus, Stimulus::Listen)
    }

    /// Makes one event, and waits until the log has it; gives the time before (CLOCK_MONOTONIC, ns).
    pub fn make_one(&mut self) -> Result<u64, Failed> {
        let head = self.board.head()?;
        let before = board::now()?;
        self.stimulus.fire(&self.board)?;
        self.wait_for(head + 1)?;
        Ok(before)
    }

    /// Makes that many one after the other, or waits until as many have come.
    pub fn make(&mut self, count: u64) -> Result<(), Failed> {
        match self.is_driven() {
            true => (0..count).try_for_each(|_| self.make_one().map(drop)),
            false => {
                let last = self.board.head()? + count;
                self.wait_for(last)
            }
        }
    }

    /// Makes that many without waiting for any; devices may merge some. Gives how many were made.
    pub fn make_at_once(&mut self, count: u64) -> Result<u64, Failed> {
        self.stimulus.fire_many(&self.board, count)
    }

    /// Waits until the log has that event, and each before it came in time.
    fn wait_for(&self, seq: u64) -> Result<(), Failed> {
        /// A CPU that is asked without a pause has no time for other things.
        const PATIENCE: Duration = Duration::from_millis(1);
        let limit = self.rig().limits.wait;
        let (mut head, mut since) = (self.board.head()?, Instant::now());
        while head < seq {
            let waited = since.elapsed();
            ensure!(
                waited < limit,
                "no event of {} within {limit:?}, after {head}: {}",
                self.source,
                self.stimulus.advice()
            );
            if waited > PATIENCE {
                thread::sleep(PATIENCE);
            }
            let now = self.board.head()?;
            if now != head {
                (head, since) = (now, Instant::now());
            }
        }
        Ok(())
    }
}

/// A source that was made, and goes with this.
struct Made(Added);

impl Drop for Made {
    fn drop(&mut self) {
        if let Ok(mut control) = Control::open() {
            // Its controller or driver may have left before.
            let _ = control.remove(self.0.id);
        }
    }
}

/// Makes the source, unless it is one that is there.
fn make(source: &Source) -> Result<Option<Made>, Failed> {
    let new = match source {
        Source::Name(_) => return Ok(None),
        Source::Gpio(gpio) => NewSource::new(irqlink::Gpio {
            line: GpioLine::find(gpio.chip.as_deref(), &gpio.line)?,
            edges: gpio.edge,
            debounce: gpio.debounce,
        }),
        Source::Sim(sim) => NewSource::new(irqlink::Sim {
            burst: sim.burst,
            jitter: sim.jitter,
            ..irqlink::Sim::new(sim.period)
        }),
    };
    Ok(Some(Made(Control::open()?.add(&new)?)))
}
