//! Events by a `read` that sleeps.

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::device::{Device, Start};
use crate::error::Result;
use crate::event::Event;
use crate::file::{Read, RecordReader};

/// Receives the events of one source by `read` on its device file, which sleeps until there are
/// any: the shortest way for a thread that waits for nothing else.
///
/// It is no [`Receiver`](crate::Receiver): there is nothing to wait for but by
/// [`wait`](BlockingReader::wait).
#[derive(Debug)]
pub struct BlockingReader(RecordReader);

impl BlockingReader {
    /// Reads from an open device file, beginning at `start`. The file becomes a blocking one
    /// (`O_NONBLOCK` is cleared).
    ///
    /// # Errors
    /// Those of [`Device::seek`], and the system's.
    pub fn new(device: Device, start: Start) -> Result<Self> {
        fcntl(&device, FcntlArg::F_SETFL(OFlag::empty()))
            .map_err(|errno| device.error("block on", errno))?;
        Ok(BlockingReader(RecordReader::new(device, start)?))
    }

    /// The device file.
    pub fn device(&self) -> &Device {
        self.0.device()
    }

    /// Sleeps until there are events, and hands them over. Returns `false` once the source is
    /// gone, after [`Event::Gone`]. A signal whose handler was installed without `SA_RESTART`
    /// ends the sleep, and then there may be none.
    ///
    /// # Errors
    /// The system's.
    #[inline]
    pub fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<bool> {
        Ok(!matches!(self.0.read(handler)?, Read::Gone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{device_and_feed, feed, line, records};

    #[test]
    fn it_sleeps_until_there_is_an_event() {
        let (device, to) = device_and_feed();
        let mut reader = BlockingReader::new(device, Start::Next).unwrap();
        let late = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            feed(&to, &records(1..=2));
            to
        });
        let mut lines = Vec::new();
        assert!(reader.wait(&mut |event| lines.push(line(event))).unwrap());
        assert_eq!(lines, ["1 at 1001", "2 at 1002"]);
        late.join().unwrap();
    }
}
