//! Events by netlink multicast.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use crate::abi::*;
use crate::agent::deliver;
use crate::control::open_family;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::netlink::Socket;
use crate::receiver::{Progress, READS, Receiver, impl_mio_source};

/// Bytes of the buffer: more than the records of one message.
const BUFFER: usize = 8192;

/// Overhears the events of all sources (multicast group `events`), without registering for any.
///
/// The kernel does not wait for it: what it has no room for it misses. It sees by the next sequence
/// number of the same source what it has missed, and reports it as [`Event::Lost`]; so a loss at the
/// very end shows when the next event comes. Who must get each event uses an
/// [`Agent`](crate::Agent).
///
/// It takes `CAP_NET_ADMIN`, and only the first network namespace has the events.
#[derive(Debug)]
pub struct Observer {
    socket: Socket,
    family: u16,
    buffer: Box<[u8]>,
    order: Order,
}

impl Observer {
    /// Joins the group, with a receive buffer of so many bytes; `None` for the system's default.
    ///
    /// # Errors
    /// As [`Control::open`](crate::Control::open); [`Error::Refused`]: `EPERM` without the
    /// capability.
    pub fn open(receive_buffer: Option<usize>) -> Result<Self> {
        let mut socket = Socket::open()?;
        if let Some(bytes) = receive_buffer {
            socket.set_receive_buffer(bytes)?;
        }
        let family = open_family(&mut socket)?;
        for name in [IRQLINK_MCGRP_EVENTS, IRQLINK_MCGRP_SOURCES] {
            let group = family
                .group(name)
                .ok_or_else(|| refused(Errno::ENOENT, "this module sends no events to all"))?;
            socket.join(group).map_err(|error| match error {
                Error::System {
                    errno: Errno::EPERM,
                    ..
                } => refused(Errno::EPERM, "it needs CAP_NET_ADMIN"),
                error => error,
            })?;
        }
        Ok(Observer {
            socket,
            family: family.id,
            buffer: vec![0; BUFFER].into(),
            order: Order::default(),
        })
    }
}

fn refused(errno: Errno, text: &str) -> Error {
    Error::Refused {
        doing: "observe all events",
        errno,
        text: Some(text.to_owned()),
    }
}

impl Receiver for Observer {
    /// Never [`Progress::Ended`]: another source may come.
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        for _ in 0..READS {
            let Some(datagram) = self.socket.receive(&mut self.buffer)? else {
                return Ok(Progress::Drained);
            };
            let order = &mut self.order;
            deliver(self.family, &mut Vec::new(), datagram, &mut |event| {
                order.pass(event, handler);
            })?;
        }
        Ok(Progress::More)
    }
}

/// For each source seen so far, the sequence number that comes next.
#[derive(Debug, Default)]
struct Order(Vec<(u32, u64)>);

impl Order {
    /// Hands an event on, after the loss that it shows.
    #[inline]
    fn pass(&mut self, event: Event<'_>, handler: &mut dyn FnMut(Event<'_>)) {
        let source = event.source();
        let (first, last) = match event {
            Event::Interrupt(record) => (record.seq, record.seq),
            Event::Lost { first, last, .. } => (first, last),
            Event::Gone { .. } => {
                self.0.retain(|(known, _)| *known != source);
                return handler(event);
            }
        };
        match self.0.iter_mut().find(|(known, _)| *known == source) {
            Some((_, next)) => {
                if *next < first {
                    handler(Event::Lost {
                        source,
                        first: *next,
                        last: first - 1,
                    });
                }
                *next = last + 1;
            }
            None => self.0.push((source, last + 1)),
        }
        handler(event);
    }
}

impl AsFd for Observer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl_mio_source!(Observer);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{line, records};

    fn passed(order: &mut Order, event: Event<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        order.pass(event, &mut |event| lines.push(line(event)));
        lines
    }

    #[test]
    fn what_was_missed_is_told_before_what_shows_it() {
        let mut order = Order::default();
        let [five, six, nine] = [5, 6, 9].map(|seq| records([seq])[0]);
        assert_eq!(
            passed(&mut order, Event::Interrupt(&five)),
            ["5 at 1005"],
            "what was before it came is not missed"
        );
        assert_eq!(passed(&mut order, Event::Interrupt(&six)), ["6 at 1006"]);
        assert_eq!(
            passed(&mut order, Event::Interrupt(&nine)),
            ["1 lost 7..8", "9 at 1009"]
        );
    }

    #[test]
    fn a_loss_that_the_kernel_tells_is_no_gap() {
        let mut order = Order::default();
        let [one, ten] = [1, 10].map(|seq| records([seq])[0]);
        passed(&mut order, Event::Interrupt(&one));
        let lost = Event::Lost {
            source: 1,
            first: 2,
            last: 9,
        };
        assert_eq!(passed(&mut order, lost), ["1 lost 2..9"]);
        assert_eq!(passed(&mut order, Event::Interrupt(&ten)), ["10 at 1010"]);
    }

    #[test]
    fn sources_have_orders_of_their_own_that_end_with_them() {
        let mut order = Order::default();
        let (first, mut other) = (records([7])[0], records([1])[0]);
        other.source = 2;
        passed(&mut order, Event::Interrupt(&first));
        assert_eq!(passed(&mut order, Event::Interrupt(&other)).len(), 1);
        passed(&mut order, Event::Gone { source: 1 });
        assert_eq!(order.0, [(2, 2)]);
    }
}
