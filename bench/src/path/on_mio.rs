//! What is woken by a descriptor, on mio, as a user's program runs it: edge-triggered, no timeout.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use irqlink::{Event, Progress, Receiver};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::Listener;
use crate::error::{Error, Result};

/// Has a descriptor that is ready when there is something.
pub trait Drain: AsFd {
    /// What the descriptor becomes then.
    const INTEREST: Interest = Interest::READABLE;

    /// Hands over what there is, see [`Receiver::drain`].
    ///
    /// # Errors
    /// Those of the path.
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress>;
}

impl<R: Receiver> Drain for R {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        Ok(Receiver::drain(self, handler)?)
    }
}

pub struct OnMio<D> {
    poll: Poll,
    events: Events,
    pub drain: D,
}

impl<D: Drain> OnMio<D> {
    pub fn new(drain: D) -> Result<Self> {
        let poll = Poll::new().map_err(Error::system("open an epoll"))?;
        poll.registry()
            .register(
                &mut SourceFd(&drain.as_fd().as_raw_fd()),
                Token(0),
                D::INTEREST,
            )
            .map_err(Error::system("wait for a receiver"))?;
        Ok(OnMio {
            poll,
            events: Events::with_capacity(16),
            drain,
        })
    }
}

impl<D: Drain> Listener for OnMio<D> {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        match self.poll.poll(&mut self.events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for events")(error));
            }
            _ => {}
        }
        for _ in &self.events {
            while self.drain.drain(handler)? == Progress::More {}
        }
        Ok(())
    }
}
