//! Peer: the GPIO character device, on the line of the source, which is given up meanwhile.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gpio_cdev::{Chip, EventRequestFlags, LineEventHandle, LineRequestFlags};
use irqlink::abi::Record;
use irqlink::{Control, Edges, Event, Gpio, NewSource, Progress, Source};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::on_mio::{Drain, OnMio};
use super::{Path, Taken};
use crate::error::{Error, Result};
use crate::say::say;
use crate::trigger::{Pull, PulledSource, Raise};

pub struct GpioCdev;

impl Path for GpioCdev {
    fn name(&self) -> &'static str {
        "gpio-cdev"
    }

    fn summary(&self) -> &'static str {
        "peer: the GPIO character device, on the source's line: epoll_wait, read"
    }

    fn missing(&self, source: &Source) -> Option<String> {
        match Pull::of(source) {
            Ok(Some(_)) => None,
            Ok(None) => Some("the source is no line of gpio-sim".into()),
            Err(error) => Some(error.to_string()),
        }
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let Some(pull) = Pull::of(source)? else {
            return Err(Error::NotHere {
                path: self.name(),
                why: "the source is no line of gpio-sim".into(),
            });
        };
        let PulledSource { pull, edges, .. } = PulledSource::open(&source.name, pull)?;
        let line = FreedLine::free(&source.name, &pull, edges)?;
        let raised = Arc::new(AtomicU64::new(0));
        let (chip, offset, count) = (pull.chip.clone(), pull.offset, raised.clone());
        Ok(Taken {
            raise: Box::new(PulledLine {
                pull,
                edges,
                raised,
                _line: line,
            }),
            listen: Box::new(move || {
                let events = line_events(&chip, offset, edges);
                let events = events.map_err(|error| failed(io::Error::other(error)))?;
                Ok(Box::new(OnMio::new(EdgeReader::new(events, count)?)?))
            }),
        })
    }
}

fn line_events(
    chip: &std::path::Path,
    offset: u32,
    edges: Edges,
) -> Result<LineEventHandle, gpio_cdev::Error> {
    let flags = match edges {
        Edges::Rising => EventRequestFlags::RISING_EDGE,
        Edges::Falling => EventRequestFlags::FALLING_EDGE,
        Edges::Both => EventRequestFlags::BOTH_EDGES,
    };
    let line = Chip::new(chip)?.get_line(offset)?;
    line.events(LineRequestFlags::INPUT, flags, "irqlink-bench")
}

fn failed(error: io::Error) -> Error {
    Error::system("use the GPIO character device")(error)
}

/// A line that was a source, and will be again when this is dropped.
struct FreedLine(NewSource);

impl FreedLine {
    fn free(source: &str, pull: &Pull, edges: Edges) -> Result<Self> {
        let mut control = Control::open()?;
        let id = control.source(source)?.id;
        control.remove(id)?;
        Ok(FreedLine(
            NewSource::new(Gpio {
                line: pull.line.clone(),
                edges,
                debounce: None,
            })
            .named(source),
        ))
    }
}

impl Drop for FreedLine {
    fn drop(&mut self) {
        let outcome = Control::open().and_then(|mut control| control.add(&self.0));
        if let Err(error) = outcome {
            let name = self.0.name.as_deref().unwrap_or_default();
            say(format_args!(
                "the source {name} could not be made again: {error}"
            ));
        }
    }
}

/// Raises the edges of a line that is no source.
struct PulledLine {
    // Pulls end before the line is given back.
    pull: Pull,
    edges: Edges,
    raised: Arc<AtomicU64>,
    _line: FreedLine,
}

impl Raise for PulledLine {
    fn prepare(&mut self) -> Result<()> {
        self.pull.prepare(self.edges)
    }

    fn raise(&mut self) -> Result<()> {
        self.raised.fetch_add(1, Ordering::Release);
        self.pull.toggle()
    }

    fn head(&self) -> Result<u64> {
        Ok(self.raised.load(Ordering::Acquire))
    }
}

/// Reads the edges of a line. The kernel stamps each, but does not number them: one is raised at a
/// time, so its number is that of the latest raised.
struct EdgeReader {
    events: LineEventHandle,
    raised: Arc<AtomicU64>,
}

impl EdgeReader {
    fn new(events: LineEventHandle, raised: Arc<AtomicU64>) -> Result<Self> {
        // To read until there is no more.
        fcntl(&events, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(|errno| failed(errno.into()))?;
        Ok(EdgeReader { events, raised })
    }
}

impl Drain for EdgeReader {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        loop {
            match self.events.get_event() {
                Ok(edge) => handler(Event::Interrupt(&Record {
                    seq: self.raised.load(Ordering::Acquire),
                    time_ns: edge.timestamp(),
                    ..Record::default()
                })),
                Err(error) if kind(&error) == Some(ErrorKind::WouldBlock) => {
                    return Ok(Progress::Drained);
                }
                Err(error) => return Err(failed(io::Error::other(error))),
            }
        }
    }
}

fn kind(error: &gpio_cdev::Error) -> Option<ErrorKind> {
    Some(error.source()?.downcast_ref::<io::Error>()?.kind())
}

impl AsFd for EdgeReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}
