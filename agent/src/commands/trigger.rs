//! `irqlink trigger`

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use irqlink::units::parse_duration;
use irqlink::{Access, Device};

use super::Outcome;

/// Have a source's device raise its interrupt.
///
/// A device merges interrupts that are raised before the first of them is taken: without an
/// interval, fewer events than triggers are usual.
#[derive(Debug, Args)]
pub struct Trigger {
    /// Name of the source, or path of its device file
    source: String,
    /// How many times
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    num: u64,
    /// Time between two, such as 200us or 1ms; none if absent
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    interval: Option<Duration>,
}

impl Trigger {
    pub fn run(self) -> Outcome {
        let device = Device::open(&self.source, Access::ReadWrite)?;
        let mut progress = Progress::new();
        let mut next = Instant::now();
        for done in 0..self.num {
            if let Some(interval) = self.interval {
                sleep(next.saturating_duration_since(Instant::now()));
                next += interval;
            }
            device.trigger()?;
            progress.show(done + 1, self.num);
        }
        progress.clear();
        writeln!(stdout(), "{}: triggered {}", device.name(), self.num)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A line that tells how far it is; on a terminal, when it takes long.
struct Progress {
    due: Option<Instant>,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        let due = stderr()
            .is_terminal()
            .then(|| Instant::now() + Duration::from_secs(2));
        Progress { due, shown: false }
    }

    fn show(&mut self, done: u64, all: u64) {
        if self.due.is_some_and(|due| due <= Instant::now()) {
            // Whom it does not reach does not miss it.
            let _ = write!(stderr(), "\rtriggered {done} of {all}");
            self.due = Some(Instant::now() + Duration::from_millis(200));
            self.shown = true;
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
