//! GPIO lines: every edge once, in order, with its direction; and what cannot be had.

mod beside;
mod command;
mod debounce;
mod device_tree;
mod edges;
mod leaving;
mod refusal;
mod test_chip;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use irqlink::abi::{IRQLINK_RECORD_FALLING, IRQLINK_RECORD_RISING, IRQLINK_RECORD_THREAD, Record};
use irqlink::{
    Access, Agent, Control, Device, Edges, Error, FileReader, Gpio, GpioLine, NewSource, Options,
    Source, Start,
};
use libtest_mimic::Failed;

use crate::board::*;
use crate::sim_chip::SimChip;
use test_chip::TestChip;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    [
        edges::tests(),
        beside::tests(),
        debounce::tests(),
        leaving::tests(),
        refusal::tests(),
        device_tree::tests(),
        command::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Tests on the lab's own controller; skipped, with the reason, where it is not.
macro_rules! on_test_chip {
    ($topic:literal: $($test:ident),+ $(,)?) => {
        $crate::trial::skip_if(
            $crate::gpio::test_chip::TestChip::missing(),
            $crate::board::trials!($topic: $($test),+),
        )
    };
}
use on_test_chip;

/// A GPIO controller whose lines a test pulls.
trait Controller: Sync {
    /// Its label; line n is called `<label>-n`.
    fn label(&self) -> &str;
    /// Its file, for the GPIO character device.
    fn path(&self) -> PathBuf;
    /// Pulls a line up or down.
    fn pull(&self, line: u32, up: bool) -> io::Result<()>;
    /// Takes the controller away.
    fn leave(&self) -> io::Result<()>;
}

impl Controller for SimChip {
    fn label(&self) -> &str {
        &self.label
    }

    fn path(&self) -> PathBuf {
        SimChip::path(self)
    }

    fn pull(&self, line: u32, up: bool) -> io::Result<()> {
        SimChip::pull(self, line, up)
    }

    fn leave(&self) -> io::Result<()> {
        SimChip::leave(self)
    }
}

/// A kind of controller.
struct Kind {
    /// As test names have it.
    name: &'static str,
    /// Makes one of at least 8 lines.
    make: fn() -> Result<Box<dyn Controller>, Failed>,
    /// Why there can be none on this board.
    missing: fn() -> Option<String>,
    /// Its interrupts come from a thread, so that stamps do.
    in_thread: bool,
}

static KINDS: [Kind; 5] = [
    Kind {
        name: "gpio_sim",
        make: || Ok(Box::new(SimChip::new(8)?)),
        missing: SimChip::missing,
        in_thread: false,
    },
    Kind {
        name: "plain_lines",
        make: || Ok(Box::new(TestChip::new("driver=1")?)),
        missing: TestChip::missing,
        in_thread: false,
    },
    Kind {
        name: "sleeping_lines",
        make: || Ok(Box::new(TestChip::new("driver=1 sleeps=1")?)),
        missing: TestChip::missing,
        in_thread: false,
    },
    Kind {
        name: "nested_lines",
        make: || Ok(Box::new(TestChip::new("driver=1 nested=1")?)),
        missing: TestChip::missing,
        in_thread: true,
    },
    Kind {
        name: "threaded_lines",
        make: || Ok(Box::new(TestChip::new("driver=1 threaded=1")?)),
        missing: TestChip::missing,
        in_thread: true,
    },
];

/// A test on a kind of controller; skipped, with the reason, where there is none.
fn trial_on(kind: &'static Kind, name: &str, test: OnController) -> Trial {
    let run = move || test(&*(kind.make)()?, kind);
    let trial = Trial::test(format!("gpio::{name}_on_{}", kind.name), run);
    match (kind.missing)() {
        None => trial,
        Some(why) => trial.skip(&why),
    }
}

type OnController = fn(&dyn Controller, &Kind) -> Outcome;

/// The tests of a file, each on each kind of controller.
macro_rules! on_each_kind {
    ($($test:ident),+ $(,)?) => {
        $crate::gpio::KINDS.iter().flat_map(|kind| {
            [$($crate::gpio::trial_on(kind, stringify!($test), $test)),+]
        })
    };
}
use on_each_kind;

/// A line as a source, removed when the test ends.
struct Line {
    source: Source,
}

impl Line {
    /// Without debouncing.
    fn add(chip: &dyn Controller, offset: u32, edges: Edges) -> Result<Line, Error> {
        Line::request(gpio(chip, offset, edges, None))
    }

    fn request(gpio: Gpio) -> Result<Line, Error> {
        let source = Control::open()?.add(&NewSource::new(gpio))?;
        Ok(Line { source })
    }

    fn reader(&self) -> Result<FileReader, Failed> {
        let device = Device::open(&self.source.name, Access::Read)?;
        Ok(FileReader::new(device, Start::Oldest)?)
    }

    fn agent(&self) -> Result<Agent, Failed> {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&self.source.name, Start::Oldest)?;
        Ok(agent)
    }

    /// Edges that became events so far.
    fn raised(&self) -> Result<u64, Failed> {
        Ok(Control::open()?.source(&self.source.name)?.raised)
    }

    fn remove(&self) -> Result<(), Error> {
        Control::open()?.remove(self.source.id)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // The test may have removed it, or its controller may have left before.
        let _ = self.remove();
    }
}

/// A line by its offset.
fn gpio(chip: &dyn Controller, offset: u32, edges: Edges, debounce: Option<Duration>) -> Gpio {
    Gpio {
        line: GpioLine::Offset {
            chip: chip.label().to_owned(),
            offset,
        },
        edges,
        debounce,
    }
}

/// The interrupts given, none of them lost.
fn interrupts(given: &[Given]) -> Result<Vec<Record>, Failed> {
    let interrupt = |one: &Given| match one {
        Given::Interrupt(record, _) => Ok(*record),
        other => Err(format!("not an interrupt: {other:?}").into()),
    };
    given.iter().map(interrupt).collect()
}

/// The interrupts given, none of them lost, stamped where they should be.
fn records(given: &[Given], in_thread: bool) -> Result<Vec<Record>, Failed> {
    let records = interrupts(given)?;
    for record in &records {
        ensure!(
            (record.flags & IRQLINK_RECORD_THREAD != 0) == in_thread,
            "stamped elsewhere: {record:?}"
        );
    }
    Ok(records)
}

/// Whether the edge led up, if it is one, and the level is that.
fn is_up(record: &Record) -> Result<bool, Failed> {
    let up = match record.flags & (IRQLINK_RECORD_RISING | IRQLINK_RECORD_FALLING) {
        IRQLINK_RECORD_RISING => true,
        IRQLINK_RECORD_FALLING => false,
        _ => return Err(format!("no edge: {record:?}").into()),
    };
    ensure!(
        record.status == u32::from(up),
        "another level than the edge's: {record:?}"
    );
    Ok(up)
}
