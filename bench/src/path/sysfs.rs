//! Baseline: an attribute in sysfs that says when it has changed (kernel: `sysfs_notify`).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::str;

use irqlink::abi::Record;
use irqlink::{Event, Progress};
use mio::Interest;
use nix::errno::Errno;

use super::bench_module::{self, FOLDER, Following};
use super::number;
use super::on_mio::{Drain, OnMio};
use super::own::Own;
use crate::error::{Error, Result};

pub const PATH: Own = Own {
    missing: bench_module::missing,
    many: false,
    ..Own::new(
        "sysfs",
        "baseline: an attribute in sysfs, as text: epoll_wait (EPOLLPRI), pread",
        |source| Ok(Box::new(OnMio::new(Attribute::open(source)?)?)),
    )
};

/// The newest event of a source.
struct Attribute {
    file: File,
    /// Number of the newest that was read.
    newest: u64,
    source: u32,
    _following: Following,
}

impl Attribute {
    fn open(source: &str) -> Result<Self> {
        let failed = Error::system("open the attribute of irqlink_bench");
        Ok(Attribute {
            file: File::open(Path::new(FOLDER).join("event")).map_err(failed)?,
            newest: 0,
            source: number(source)?,
            _following: Following::begin("source", source)?,
        })
    }
}

impl Drain for Attribute {
    const INTEREST: Interest = Interest::PRIORITY;

    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let mut text = [0; 128];
        let length = match self.file.read_at(&mut text, 0) {
            Ok(length) => length,
            Err(error) if error.raw_os_error() == Some(Errno::ENODEV as i32) => {
                handler(Event::Gone {
                    source: self.source,
                });
                return Ok(Progress::Ended);
            }
            Err(error) => return Err(failed(error)),
        };
        let record = Record {
            source: self.source,
            ..parse(&text[..length]).ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))?
        };
        if record.seq > self.newest {
            self.newest = record.seq;
            handler(Event::Interrupt(&record));
        }
        Ok(Progress::Drained)
    }
}

fn failed(error: io::Error) -> Error {
    Error::system("read the attribute of irqlink_bench")(error)
}

/// The event's number, time, and time of its trigger.
fn parse(text: &[u8]) -> Option<Record> {
    let mut numbers = str::from_utf8(text).ok()?.split_ascii_whitespace();
    let mut number = || numbers.next()?.parse().ok();
    Some(Record {
        seq: number()?,
        time_ns: number()?,
        trigger_ns: number()?,
        ..Record::default()
    })
}

impl AsFd for Attribute {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_has_three_numbers() {
        let record = parse(b"7 1200 1000\n").unwrap();
        assert_eq!(
            (record.seq, record.time_ns, record.trigger_ns),
            (7, 1200, 1000)
        );
        assert_eq!(parse(b"7 1200\n"), None);
    }
}
