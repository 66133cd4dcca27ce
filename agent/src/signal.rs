//! Events by `read`, woken by a signal.

use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::read;

use crate::device::{Device, Start};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::file::FileReader;
use crate::receiver::{Progress, Receiver, impl_mio_source};
use crate::sys;

/// Bytes of `struct signalfd_siginfo`.
const SIGNAL: usize = size_of::<libc::signalfd_siginfo>();
/// Signals that one `read` takes at most.
const SIGNALS: usize = 16;

/// Receives the events of one source by `read` on its device file, woken by a real-time signal.
///
/// The signal goes to the thread that made the reader; a signalfd receives it, so no handler
/// runs and no other code is interrupted. The kernel falls back to `SIGIO` when the queue of
/// real-time signals is full (`RLIMIT_SIGPENDING`), so that one is received too. Both signals
/// stay blocked in this thread.
#[derive(Debug)]
pub struct SignalReader {
    signals: SignalFd,
    file: FileReader,
    buffer: [u8; SIGNAL * SIGNALS],
    /// The signals are this thread's, so the reader stays in it.
    _thread: PhantomData<*const ()>,
}

impl SignalReader {
    /// Reads from an open device file, beginning at `start`, woken by `SIGRTMIN + offset`.
    /// Two readers in one thread need different offsets.
    ///
    /// # Errors
    /// `EINVAL` if there is no such signal; else those of [`Device::seek`] and the system's.
    pub fn new(device: Device, start: Start, offset: i32) -> Result<Self> {
        let signal = libc::SIGRTMIN() + offset;
        let setup = || {
            let set = sys::signal_set(&[signal, libc::SIGIO])?;
            set.thread_block()?;
            SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        };
        let signals = setup().map_err(Error::system("receive signals"))?;
        device.set_signal(signal)?;
        Ok(SignalReader {
            signals,
            file: FileReader::new(device, start)?,
            buffer: [0; SIGNAL * SIGNALS],
            _thread: PhantomData,
        })
    }

    /// The device file.
    pub fn device(&self) -> &Device {
        self.file.device()
    }

    /// Takes the signals off the queue; what they tell is in the file.
    fn take_signals(&mut self) -> Result<()> {
        loop {
            match read(&self.signals, &mut self.buffer) {
                Ok(length) if length == self.buffer.len() => {}
                Ok(_) | Err(Errno::EAGAIN) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(Error::system("read signals")(errno)),
            }
        }
    }
}

impl Receiver for SignalReader {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        // Before the file: a signal that comes while the file is read wakes the reader again.
        self.take_signals()?;
        self.file.drain(handler)
    }
}

impl AsFd for SignalReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

impl_mio_source!(SignalReader);

#[cfg(test)]
mod tests {
    use std::thread;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::signal::{Signal, raise};

    use crate::testing::{allocations, device_and_feed, drain, feed, records};

    use super::*;

    fn readable(reader: &SignalReader) -> bool {
        let mut fds = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn data_is_announced_by_the_signal_and_read_from_the_file() {
        let (device, to) = device_and_feed();
        let mut reader = SignalReader::new(device, Start::Next, 0).unwrap();
        assert!(!readable(&reader));
        // A pipe signals like a device file, if it was empty before.
        feed(&to, &records(1..=2));
        assert!(readable(&reader));
        let (events, progress) = drain(&mut reader);
        assert_eq!(events, ["1 at 1001", "2 at 1002"]);
        assert_eq!(progress.unwrap(), Progress::Drained);
        assert!(!readable(&reader));
    }

    #[test]
    fn sigio_after_an_overflow_of_the_queue_is_heard_too() {
        let (device, _to) = device_and_feed();
        let mut reader = SignalReader::new(device, Start::Next, 1).unwrap();
        raise(Signal::SIGIO).unwrap();
        assert!(readable(&reader));
        assert_eq!(drain(&mut reader).0.len(), 0);
        assert!(!readable(&reader));
    }

    #[test]
    fn more_signals_than_one_read_takes_are_all_taken() {
        let (device, to) = device_and_feed();
        let mut reader = SignalReader::new(device, Start::Next, 2).unwrap();
        for seq in 0..SIGNALS as u64 + 1 {
            feed(&to, &records([seq]));
            assert_eq!(drain(reader_file(&mut reader)).0.len(), 1);
        }
        assert!(readable(&reader));
        drain(&mut reader).1.unwrap();
        assert!(!readable(&reader));
    }

    fn reader_file(reader: &mut SignalReader) -> &mut FileReader {
        &mut reader.file
    }

    #[test]
    fn a_signal_that_does_not_exist_is_refused() {
        // In a thread of its own: refusing comes after no signal was blocked.
        let outcome = thread::spawn(|| {
            let (device, _to) = device_and_feed();
            SignalReader::new(device, Start::Next, 99).map(drop)
        });
        assert!(matches!(
            outcome.join().unwrap(),
            Err(Error::System {
                errno: Errno::EINVAL,
                ..
            })
        ));
    }

    #[test]
    fn no_event_allocates() {
        let (device, to) = device_and_feed();
        let mut reader = SignalReader::new(device, Start::Next, 3).unwrap();
        feed(&to, &records(1..=100));
        let mut sum = 0;
        let mut handler = |event: Event<'_>| sum += u64::from(event.source());
        assert_eq!(allocations(|| drop(reader.drain(&mut handler))), 0);
        assert_eq!(sum, 100);
    }
}
