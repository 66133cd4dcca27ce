//! Progress: a spinner on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less is not worth a line.
const QUIET: Duration = Duration::from_secs(2);
/// How often a plain line tells that it goes on.
const AGAIN: Duration = Duration::from_secs(30);

/// Shows what goes on, on the standard error.
#[derive(Clone, Copy)]
pub enum Progress {
    /// A spinner.
    Terminal,
    /// Lines.
    Plain,
    /// Nothing: somebody else shows it.
    Silent,
}

impl Progress {
    /// For the standard error as it is.
    pub fn new() -> Progress {
        if stderr().is_terminal() {
            Progress::Terminal
        } else {
            Progress::Plain
        }
    }

    /// Does `work`, and says so if it takes longer than a moment.
    pub fn step<T>(self, name: &str, work: impl FnOnce() -> T) -> T {
        let _phase = self.start(name);
        work()
    }

    /// Shows `name` until the phase is dropped.
    pub fn start(self, name: &str) -> Phase {
        match self {
            Progress::Terminal => Phase {
                name: name.into(),
                bar: Some(spinner(name)),
                lines: None,
            },
            Progress::Plain => Phase {
                name: name.into(),
                bar: None,
                lines: Some(lines(name)),
            },
            Progress::Silent => Phase {
                name: name.into(),
                bar: None,
                lines: None,
            },
        }
    }
}

/// Something that goes on.
pub struct Phase {
    name: String,
    bar: Option<ProgressBar>,
    /// Takes how far it is. Dropping it ends the lines.
    lines: Option<Sender<String>>,
}

impl Phase {
    /// Shows how far it is.
    pub fn tell(&self, how_far: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} ({how_far})", self.name));
        }
        if let Some(lines) = &self.lines {
            // They listen until this phase is dropped.
            let _ = lines.send(how_far.into());
        }
    }

    /// Lets `print` write to the terminal without disturbing the spinner.
    pub fn suspend(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner(name: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}").expect("is a template");
    let bar = ProgressBar::new_spinner()
        .with_style(style)
        .with_message(name.to_string());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn lines(name: &str) -> Sender<String> {
    let (tell, told) = channel::<String>();
    let (name, began) = (name.to_string(), Instant::now());
    thread::spawn(move || {
        let (mut how_far, mut next) = (String::new(), began + QUIET);
        loop {
            match told.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(text) => how_far = format!(", {text}"),
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("{name} ... {} s{how_far}", began.elapsed().as_secs());
                    next = Instant::now() + AGAIN;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    tell
}
