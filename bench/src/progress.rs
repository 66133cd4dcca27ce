//! How far a run is: a bar on a terminal, else a line a step. Drawn between two events only.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::Duration;

use crate::say::say_plain;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress on standard error.
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Progress {
    /// Of a run of `length` parts.
    pub fn new(length: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr_with_hz(5),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("{msg:24} {wide_bar} {percent:>3} % {eta:>4}")
            .expect("the template is valid");
        Progress {
            bar: ProgressBar::with_draw_target(Some(length), target).with_style(style),
            is_terminal,
        }
    }

    /// A step begins.
    pub fn begin(&self, name: impl Into<Cow<'static, str>>) {
        if self.is_terminal {
            self.bar.set_message(name);
        }
    }

    /// A group of steps begins: a line where there is no terminal.
    pub fn line(&self, text: &str) {
        if !self.is_terminal {
            say_plain(text);
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
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
