//! What all receivers have in common.

use std::os::fd::AsFd;

use crate::error::Result;
use crate::event::Event;

/// How far a receiver came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left; wait for the descriptor.
    Drained,
    /// More may be there: call again without waiting. Other receivers get their turn first.
    More,
    /// No event will follow: all that the receiver listened to is gone.
    Ended,
}

/// A source of events.
///
/// To wait for it with mio, register it like any other `mio::event::Source`; with something
/// else, wait for its descriptor to become readable, edge-triggered. Treat an error or a hang-up
/// as readable. Then call [`drain`](Receiver::drain). Call it once before waiting, too.
pub trait Receiver: AsFd + mio::event::Source {
    /// Hands every event there is to `handler`: the first one as soon as it is read. Allocates
    /// nothing. Returns after a bounded number of reads, see [`Progress::More`].
    ///
    /// # Errors
    /// The system's; and those that tell that the kernel speaks another version.
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress>;
}

/// Reads that one call of [`Receiver::drain`] does at most.
pub(crate) const READS: usize = 64;

/// Implements `mio::event::Source` by the descriptor.
macro_rules! impl_mio_source {
    ($receiver:ty) => {
        impl mio::event::Source for $receiver {
            fn register(
                &mut self,
                registry: &mio::Registry,
                token: mio::Token,
                interests: mio::Interest,
            ) -> std::io::Result<()> {
                let fd = std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(self));
                mio::unix::SourceFd(&fd).register(registry, token, interests)
            }

            fn reregister(
                &mut self,
                registry: &mio::Registry,
                token: mio::Token,
                interests: mio::Interest,
            ) -> std::io::Result<()> {
                let fd = std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(self));
                mio::unix::SourceFd(&fd).reregister(registry, token, interests)
            }

            fn deregister(&mut self, registry: &mio::Registry) -> std::io::Result<()> {
                let fd = std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(self));
                mio::unix::SourceFd(&fd).deregister(registry)
            }
        }
    };
}
pub(crate) use impl_mio_source;
