//! The guard: an interrupt stays masked until it is acknowledged, or for a while if it storms.

mod leaving;
mod storm;
mod until_ack;

use std::thread;
use std::time::Duration;

use irqlink::{Control, Device, Mode, Settings, Source};
use libtest_mimic::Failed;

use crate::board::*;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    [until_ack::tests(), storm::tests(), leaving::tests()]
        .into_iter()
        .flatten()
        .collect()
}

/// Mode until-ack.
pub const UNTIL_ACK: Settings = Settings {
    delivery: None,
    mode: Some(Mode::UntilAck),
    storm_limit: None,
    storm_pause: None,
};

const FREE: Settings = Settings {
    mode: Some(Mode::Free),
    ..UNTIL_ACK
};

/// A limit of interrupts a second, with the pause above it.
pub fn limit(limit: u32, pause: Duration) -> Settings {
    Settings {
        delivery: None,
        mode: None,
        storm_limit: Some(limit),
        storm_pause: Some(pause),
    }
}

/// Changes a source.
pub fn set(source: u32, settings: Settings) -> Outcome {
    Ok(Control::open()?.set(source, settings, None)?)
}

/// What the kernel says of a source.
pub fn state(name: &str) -> Result<Source, Failed> {
    Ok(Control::open()?.source(name)?)
}

/// A source in mode until-ack; back in mode free when the test ends.
pub struct Waiting {
    board: Board,
    name: String,
}

impl Waiting {
    /// Sets it.
    pub fn open(name: &str) -> Result<Waiting, Failed> {
        let board = Board::open(name)?;
        set(board.device().source(), UNTIL_ACK)?;
        ensure!(
            state(name)?.mode == Mode::UntilAck,
            "it did not take effect"
        );
        let name = name.to_owned();
        Ok(Waiting { board, name })
    }

    /// Its open device file.
    pub fn device(&self) -> &Device {
        self.board.device()
    }

    /// Raises an interrupt, which leaves the source masked, and one more, which must wait.
    pub fn raise_and_raise(&self) -> Outcome {
        self.board.raise()?;
        ensure!(state(&self.name)?.masked, "it is not masked");
        let head = self.board.head()?;
        self.device().trigger()?;
        // As long as it takes for an interrupt that does not wait.
        thread::sleep(Duration::from_millis(100));
        let now = self.board.head()?;
        ensure!(
            now == head,
            "{now} came, though {head} was not acknowledged"
        );
        Ok(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // The device may have left.
        let _ = set(self.device().source(), FREE);
    }
}

/// The flags of each interrupt.
pub fn flags(given: &[Given]) -> Vec<u32> {
    let flags = |one: &Given| match one {
        Given::Interrupt(record, _) => Some(record.flags),
        _ => None,
    };
    given.iter().filter_map(flags).collect()
}
