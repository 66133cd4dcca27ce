//! Netlink multicast: the kernel sends each event to all who observe, those of all sources.

use std::os::fd::{AsFd, BorrowedFd};

use irqlink::{Event, Observer, Progress};

use super::number;
use super::on_mio::{Drain, OnMio};
use super::own::Own;
use crate::error::Result;

pub const PATH: Own = Own {
    missing: || Observer::open(None).err().map(|error| error.to_string()),
    ..Own::new(
        "multicast",
        "netlink multicast to an observer's socket: epoll_wait, recvfrom",
        |source| {
            Ok(Box::new(OnMio::new(OfOne {
                observer: Observer::open(None)?,
                source: number(source)?,
            })?))
        },
    )
};

/// Of what an observer sees, the events of one source.
struct OfOne {
    observer: Observer,
    source: u32,
}

impl Drain for OfOne {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let source = self.source;
        Drain::drain(&mut self.observer, &mut |event| {
            if event.source() == source {
                handler(event);
            }
        })
    }
}

impl AsFd for OfOne {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.observer.as_fd()
    }
}
