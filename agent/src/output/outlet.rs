//! Where output goes.

use std::io::{self, Stdout, Write, stdout};
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::write;

/// Writes to a descriptor, and waits while it has no room, as a pipe has none whose reader is
/// stalled. Once the process is asked to stop, what would have to wait is dropped.
#[derive(Debug)]
pub struct Outlet<T = Stdout, S = SignalFd> {
    to: T,
    /// Readable once the process is asked to stop.
    stop: S,
}

impl Outlet {
    /// To standard output, until `SIGINT` or `SIGTERM`, which are blocked, is pending.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        Ok(Outlet {
            to: stdout(),
            stop: SignalFd::with_flags(&signals, flags)?,
        })
    }
}

impl<T: AsFd, S: AsFd> Outlet<T, S> {
    /// Waits for room. False if asked to stop while there is none.
    fn has_room(&self) -> io::Result<bool> {
        let mut fds = [
            PollFd::new(self.to.as_fd(), PollFlags::POLLOUT),
            PollFd::new(self.stop.as_fd(), PollFlags::POLLIN),
        ];
        loop {
            match poll(&mut fds, PollTimeout::NONE) {
                // An error, such as a reader that has left, shows when it is written to.
                Ok(_) => return Ok(fds[0].any() == Some(true)),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl<T: AsFd, S: AsFd> Write for Outlet<T, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.has_room()? {
            return Ok(bytes.len());
        }
        // A pipe that has room at all has room for so many.
        let most = bytes.len().min(libc::PIPE_BUF);
        Ok(write(&self.to, &bytes[..most])?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: AsFd, S> AsFd for Outlet<T, S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use nix::sys::eventfd::{EfdFlags, EventFd};

    use super::*;

    const FULL: usize = 1 << 20;

    #[test]
    fn all_is_written_while_the_reader_reads_and_the_rest_dropped_after_the_stop() {
        let (mut reader, to) = io::pipe().unwrap();
        let stop = EventFd::from_flags(EfdFlags::EFD_NONBLOCK).unwrap();
        let mut outlet = Outlet { to, stop };
        let writer = std::thread::spawn(move || {
            outlet.write_all(&[1; FULL]).unwrap();
            outlet.stop.write(1).unwrap();
            outlet.write_all(&[2; FULL]).unwrap();
        });
        let mut first = vec![0; FULL];
        reader.read_exact(&mut first).unwrap();
        assert!(first.iter().all(|byte| *byte == 1));
        writer.join().unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(!rest.is_empty() && rest.len() < FULL);
    }

    #[test]
    fn a_reader_that_has_left_is_an_error() {
        let (reader, to) = io::pipe().unwrap();
        drop(reader);
        let stop = EventFd::from_flags(EfdFlags::EFD_NONBLOCK).unwrap();
        let error = Outlet { to, stop }.write_all(&[1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
