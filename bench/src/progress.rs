//! How far a run is: a bar on a terminal, else a line a step. Drawn between two events only.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress on standard error.
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr_with_hz(5),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len} {eta:>4}")
            .expect("the template is valid");
        Progress {
            bar: ProgressBar::with_draw_target(None, target).with_style(style),
            is_terminal,
        }
    }

    /// A step of `length` parts begins.
    pub fn begin(&self, name: &'static str, length: u64) {
        if self.is_terminal {
            self.bar.set_message(name);
            self.bar.set_length(length);
            self.bar.reset();
        } else {
            eprintln!("{name}: {length} interrupts");
            // A slow line, such as a serial console, is still busy with it.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// One more part is done.
    pub fn step(&self) {
        if self.is_terminal {
            self.bar.inc(1);
        }
    }

    /// The step has ended.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
