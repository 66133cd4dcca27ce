//! Progress: a spinner on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less is not worth a line.
const QUIET: Duration = Duration::from_secs(2);
/// How often a plain line tells that it goes on.
const AGAIN: Duration = Duration::from_secs(30);

/// Shows what goes on, on the standard error.
#[derive(Clone, Copy)]
pub struct Progress {
    is_terminal: bool,
}

impl Progress {
    /// For the standard error as it is.
    pub fn new() -> Progress {
        Progress {
            is_terminal: stderr().is_terminal(),
        }
    }

    /// Does `work`, and says so if it takes longer than a moment.
    pub fn step<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        if self.is_terminal {
            spin(name, work)
        } else {
            tell(name, work)
        }
    }
}

fn spin<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let style =
        ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}").expect("is a template");
    let bar = ProgressBar::new_spinner()
        .with_style(style)
        .with_message(name.to_string());
    bar.enable_steady_tick(Duration::from_millis(100));
    let result = work();
    bar.finish_and_clear();
    result
}

fn tell<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut wait = QUIET;
            while is_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{name} ... {} s", began.elapsed().as_secs());
                wait = AGAIN;
            }
        });
        let result = work();
        drop(done);
        result
    })
}
