//! A receiver of the library on mio, as a user's program runs it: edge-triggered, no timeout.

use std::io;

use irqlink::{Event, Progress, Receiver};
use mio::{Events, Interest, Poll, Token};

use super::Listener;
use crate::error::{Error, Result};

pub struct OnMio<R> {
    poll: Poll,
    events: Events,
    receiver: R,
}

impl<R: Receiver> OnMio<R> {
    pub fn new(mut receiver: R) -> Result<Self> {
        let poll = Poll::new().map_err(Error::system("open an epoll"))?;
        poll.registry()
            .register(&mut receiver, Token(0), Interest::READABLE)
            .map_err(Error::system("wait for a receiver"))?;
        Ok(OnMio {
            poll,
            events: Events::with_capacity(16),
            receiver,
        })
    }
}

impl<R: Receiver> Listener for OnMio<R> {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        match self.poll.poll(&mut self.events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Error::system("wait for events")(error));
            }
            _ => {}
        }
        for _ in &self.events {
            while self.receiver.drain(handler)? == Progress::More {}
        }
        Ok(())
    }
}
