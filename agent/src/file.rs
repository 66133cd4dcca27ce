//! Events by `read`.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use crate::abi::{RECORD_SIZE, Record};
use crate::device::{Device, Start};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::receiver::{Progress, READS, Receiver, impl_mio_source};
use crate::sys;

/// Records that one `read` takes at most.
const RECORDS: usize = 32;

/// Reads records from a device file.
#[derive(Debug)]
pub(crate) struct RecordReader {
    device: Device,
    buffer: Box<[Record; RECORDS]>,
    /// The end was handed over.
    ended: bool,
}

/// What came of a `read`.
pub(crate) enum Read {
    /// Events were handed over.
    Events,
    /// There was none, and the file is non-blocking.
    Nothing,
    /// A signal came first.
    Interrupted,
    /// The end was handed over, now or before.
    Gone,
}

impl RecordReader {
    pub(crate) fn new(device: Device, start: Start) -> Result<Self> {
        device.seek(start)?;
        Ok(RecordReader {
            device,
            buffer: Box::new([Record::default(); RECORDS]),
            ended: false,
        })
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Reads once.
    #[inline]
    pub(crate) fn read(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Read> {
        let length = match sys::read_records(&self.device, self.buffer.as_mut_slice()) {
            Ok(length) => length,
            Err(Errno::EAGAIN) => return Ok(Read::Nothing),
            Err(Errno::EINTR) => return Ok(Read::Interrupted),
            Err(Errno::ENODEV) => {
                if !mem::replace(&mut self.ended, true) {
                    handler(Event::Gone {
                        source: self.device.source(),
                    });
                }
                return Ok(Read::Gone);
            }
            Err(errno) => return Err(self.device.error("read", errno)),
        };
        if length == 0 || length % RECORD_SIZE != 0 {
            return Err(Error::RecordSize { size: length });
        }
        for record in &self.buffer[..length / RECORD_SIZE] {
            handler(Event::from(record));
        }
        Ok(Read::Events)
    }
}

/// Receives the events of one source by `read` on its device file.
#[derive(Debug)]
pub struct FileReader(RecordReader);

impl FileReader {
    /// Reads from an open device file, beginning at `start`.
    ///
    /// # Errors
    /// Those of [`Device::seek`].
    pub fn new(device: Device, start: Start) -> Result<Self> {
        Ok(FileReader(RecordReader::new(device, start)?))
    }

    /// The device file.
    pub fn device(&self) -> &Device {
        self.0.device()
    }
}

impl Receiver for FileReader {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        for _ in 0..READS {
            match self.0.read(handler)? {
                Read::Events | Read::Interrupted => {}
                Read::Nothing => return Ok(Progress::Drained),
                Read::Gone => return Ok(Progress::Ended),
            }
        }
        Ok(Progress::More)
    }
}

impl AsFd for FileReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.device().as_fd()
    }
}

impl_mio_source!(FileReader);

#[cfg(test)]
mod tests {
    use crate::testing::{allocations, device_and_feed, drain, feed, records};

    use super::*;

    fn reader() -> (FileReader, std::os::fd::OwnedFd) {
        let (device, feed) = device_and_feed();
        (FileReader::new(device, Start::Next).unwrap(), feed)
    }

    #[test]
    fn records_come_in_order_across_reads() {
        let (mut reader, to) = reader();
        feed(&to, &records(1..=RECORDS as u64 + 2));
        let (events, progress) = drain(&mut reader);
        assert_eq!(events.len(), RECORDS + 2);
        assert_eq!(
            (events[0].as_str(), events[33].as_str()),
            ("1 at 1001", "34 at 1034")
        );
        assert_eq!(progress.unwrap(), Progress::Drained);
    }

    #[test]
    fn a_read_that_is_not_whole_records_is_told() {
        let (mut reader, to) = reader();
        nix::unistd::write(&to, &[0; 72]).unwrap();
        assert!(matches!(
            drain(&mut reader).1,
            Err(Error::RecordSize { size: 72 })
        ));
    }

    #[test]
    fn no_event_allocates() {
        let (mut reader, to) = reader();
        feed(&to, &records(1..=100));
        let mut sum = 0;
        let mut handler = |event: Event<'_>| sum += u64::from(event.source());
        assert_eq!(allocations(|| drop(reader.drain(&mut handler))), 0);
        assert_eq!(sum, 100);
    }
}
