//! Prints events as they come.

use std::io::{self, BufWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};

use irqlink::Event;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::time::{ClockId, clock_gettime};
use serde::Serialize;

use super::outlet::Outlet;
use super::template::{DEFAULT, flags};
use super::{Style, Template};

/// How events are printed.
#[derive(Clone, Debug)]
pub enum Layout {
    /// A line each, by a format.
    Lines(Template),
    /// A JSON object each, one a line.
    Json,
}

impl Layout {
    /// By the options `--json` and `--format`.
    pub fn new(json: bool, format: Option<Template>) -> Self {
        match (json, format) {
            (true, _) => Layout::Json,
            (false, Some(format)) => Layout::Lines(format),
            (false, None) => Layout::Lines(DEFAULT.parse().expect("the default format is valid")),
        }
    }
}

/// Prints events to standard output; buffered until [`Printer::flush`].
#[derive(Debug)]
pub struct Printer {
    layout: Layout,
    style: Style,
    output: BufWriter<Outlet>,
    line: String,
    /// Number and name of each source.
    names: Vec<(u32, String)>,
    failure: Option<io::Error>,
    interrupts: u64,
}

impl Printer {
    /// A printer in that layout.
    ///
    /// # Errors
    /// The system's.
    pub fn new(layout: Layout) -> io::Result<Self> {
        Ok(Printer {
            layout,
            style: Style::detect(),
            output: BufWriter::new(Outlet::new()?),
            line: String::new(),
            names: Vec::new(),
            failure: None,
            interrupts: 0,
        })
    }

    /// Tells it a source's name.
    pub fn name(&mut self, source: u32, name: String) {
        self.names.retain(|(known, _)| *known != source);
        self.names.push((source, name));
    }

    /// Interrupts printed so far.
    pub fn interrupts(&self) -> u64 {
        self.interrupts
    }

    /// Prints an event. A failure to write shows at the next flush.
    pub fn print(&mut self, event: Event<'_>) {
        let now = monotonic();
        self.interrupts += u64::from(matches!(event, Event::Interrupt(_)));
        let name = self
            .names
            .iter()
            .find(|(source, _)| *source == event.source());
        let name = name.map_or("?", |(_, name)| name);
        self.line.clear();
        match &self.layout {
            Layout::Json => {
                let object = serde_json::to_string(&Object::new(event, name, now));
                self.line = object.expect("an object of numbers and text");
            }
            Layout::Lines(template) => match event {
                Event::Interrupt(record) => template.write(&mut self.line, record, name, now),
                Event::Lost { first, last, .. } => {
                    let count = last - first + 1;
                    let text = format!("{name}: lost {first}..{last} ({count} events)");
                    self.line = self.style.red(text);
                }
                Event::Gone { .. } => self.line = self.style.red(format!("{name}: gone")),
            },
        }
        self.line.push('\n');
        if let Err(error) = self.output.write_all(self.line.as_bytes()) {
            self.failure.get_or_insert(error);
        }
    }

    /// Whether the reader of a pipe has left; then nothing more need be waited for.
    pub fn reader_left(&self) -> bool {
        let mut fds = [PollFd::new(self.as_fd(), PollFlags::empty())];
        let ready = poll(&mut fds, PollTimeout::ZERO);
        ready.is_ok()
            && fds[0]
                .revents()
                .is_some_and(|found| found.contains(PollFlags::POLLERR))
    }

    /// Writes out what was printed.
    pub fn flush(&mut self) -> io::Result<()> {
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.output.flush(),
        }
    }
}

impl AsFd for Printer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.output.get_ref().as_fd()
    }
}

/// An event as a JSON object.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Object<'a> {
    Interrupt {
        source: &'a str,
        seq: u64,
        time_ns: u64,
        trigger_ns: Option<u64>,
        latency_ns: u64,
        cpu: u32,
        status: u32,
        payload: [u64; 2],
        flags: Vec<&'static str>,
    },
    Lost {
        source: &'a str,
        first: u64,
        last: u64,
    },
    Gone {
        source: &'a str,
    },
}

impl<'a> Object<'a> {
    fn new(event: Event<'_>, source: &'a str, now: u64) -> Self {
        match event {
            Event::Interrupt(record) => Object::Interrupt {
                source,
                seq: record.seq,
                time_ns: record.time_ns,
                trigger_ns: (record.trigger_ns != 0).then_some(record.trigger_ns),
                latency_ns: now.saturating_sub(record.time_ns),
                cpu: record.cpu,
                status: record.status,
                payload: record.payload,
                flags: flags(record.flags),
            },
            Event::Lost { first, last, .. } => Object::Lost {
                source,
                first,
                last,
            },
            Event::Gone { .. } => Object::Gone { source },
        }
    }
}

/// CLOCK_MONOTONIC in nanoseconds.
fn monotonic() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}
