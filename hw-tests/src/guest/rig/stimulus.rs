//! What makes a rig's interrupts on this board.

use std::thread;
use std::time::Duration;

use gpio_cdev::{Chip, LineHandle, LineRequestFlags};
use irqlink::{Edges, GpioLine};
use irqlink_hw_tests::rig::{Gpio, Output, Rig, Source, Trigger};
use irqlink_hw_tests::ring::Ring;
use libtest_mimic::Failed;

use crate::board::Board;
use crate::qmp::Qmp;
use crate::sim_chip::SimChip;

/// What makes interrupts.
pub enum Stimulus {
    /// The device's own register.
    Register,
    /// The lab, which rings a vector.
    Ring(Qmp, usize),
    /// A line that is led to the source's.
    Line(Line),
    /// They come by themselves.
    Listen,
}

impl Stimulus {
    /// Gets it ready.
    pub fn new(rig: &Rig) -> Result<Stimulus, Failed> {
        Ok(match (&rig.trigger, &rig.source) {
            (Trigger::Register, _) => Stimulus::Register,
            (Trigger::Ivshmem(to), _) => Stimulus::Ring(Qmp::open()?, to.vector),
            (Trigger::GpioSim, Source::Gpio(gpio)) => {
                Stimulus::Line(Line::new(Level::simulated(gpio)?, gpio))
            }
            (Trigger::GpioOutput(output), Source::Gpio(gpio)) => {
                Stimulus::Line(Line::new(Level::output(output)?, gpio))
            }
            (Trigger::GpioSim | Trigger::GpioOutput(_), _) => {
                return Err("edges of a source that is no line: a rig cannot say so".into());
            }
            (Trigger::Timer | Trigger::External, _) => Stimulus::Listen,
        })
    }

    /// Makes one event.
    pub fn fire(&mut self, board: &Board) -> Result<(), Failed> {
        match self {
            Stimulus::Register => Ok(board.device().trigger()?),
            Stimulus::Ring(qmp, vector) => match qmp.ring(Ring::once(*vector))? {
                1 => Ok(()),
                rung => Err(format!("the lab rang {rung} times").into()),
            },
            Stimulus::Line(line) => line.make_event(),
            Stimulus::Listen => Err("nothing here makes its interrupts".into()),
        }
    }

    /// Makes that many events as fast as it can; gives how many it made.
    pub fn fire_many(&mut self, board: &Board, count: u64) -> Result<u64, Failed> {
        if let Stimulus::Ring(qmp, vector) = self {
            // One after the other at the lab's side: asking for each takes longer than the ring.
            let ring = Ring {
                count,
                ..Ring::once(*vector)
            };
            return Ok(qmp.ring(ring)?);
        }
        for _ in 0..count {
            self.fire(board)?;
        }
        Ok(count)
    }

    /// What to look at if nothing comes.
    pub fn advice(&self) -> &'static str {
        match self {
            Stimulus::Register => "does the device work? see its line in /proc/interrupts",
            Stimulus::Ring(..) => "is the vector the source's?",
            Stimulus::Line(_) => "is the output wired to the line? try `gpiomon` on it",
            Stimulus::Listen => "is what makes its interrupts on?",
        }
    }
}

/// A line at rest, low, and what an event takes.
pub struct Line {
    level: Level,
    edges: Edges,
    /// How long a level must last.
    hold: Duration,
    up: bool,
}

impl Line {
    fn new(level: Level, gpio: &Gpio) -> Line {
        Line {
            level,
            edges: gpio.edge,
            hold: gpio.debounce.map_or(Duration::ZERO, |time| 2 * time),
            up: false,
        }
    }

    /// One edge if both count, else a pulse, of whose edges one counts.
    fn make_event(&mut self) -> Result<(), Failed> {
        self.toggle()?;
        match self.edges {
            Edges::Both => Ok(()),
            Edges::Rising | Edges::Falling => self.toggle(),
        }
    }

    fn toggle(&mut self) -> Result<(), Failed> {
        self.up = !self.up;
        self.level.set(self.up)?;
        thread::sleep(self.hold);
        Ok(())
    }
}

/// What sets the level.
enum Level {
    /// The pull of a simulated line.
    Pull(SimChip, u32),
    /// An output.
    Output(LineHandle),
}

impl Level {
    fn simulated(gpio: &Gpio) -> Result<Level, Failed> {
        let label = gpio.chip.as_deref().ok_or("the rig names no controller")?;
        let offset = gpio.line.parse()?;
        Ok(Level::Pull(SimChip::labelled(label, offset + 1)?, offset))
    }

    fn output(output: &Output) -> Result<Level, Failed> {
        let (mut chip, offset) = match GpioLine::find(Some(&output.chip), &output.line)? {
            GpioLine::Offset { chip, offset } => (by_label(&chip)?, offset),
            GpioLine::Name(name) => by_line(&name)?,
        };
        let line = chip.get_line(offset)?;
        let handle = line.request(LineRequestFlags::OUTPUT, 0, "irqlink-rig");
        Ok(Level::Output(handle.map_err(|e| {
            format!(
                "cannot drive line {} of {}: {e}; is it in use? see `gpioinfo`",
                output.line, output.chip
            )
        })?))
    }

    fn set(&self, up: bool) -> Result<(), Failed> {
        match self {
            Level::Pull(chip, offset) => Ok(chip.pull(*offset, up)?),
            Level::Output(handle) => Ok(handle.set_value(u8::from(up))?),
        }
    }
}

fn by_label(label: &str) -> Result<Chip, Failed> {
    for chip in gpio_cdev::chips()? {
        let chip = chip?;
        if chip.label() == label {
            return Ok(chip);
        }
    }
    Err(format!("the GPIO chip {label} has left").into())
}

fn by_line(name: &str) -> Result<(Chip, u32), Failed> {
    for chip in gpio_cdev::chips()? {
        let chip = chip?;
        for line in chip.lines() {
            if line.info()?.name() == Some(name) {
                let offset = line.offset();
                return Ok((chip, offset));
            }
        }
    }
    Err(format!("the GPIO line {name} has left").into())
}
