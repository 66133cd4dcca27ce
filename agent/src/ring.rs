//! Events from the mapped log.

use std::hint;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::abi::IRQLINK_RING_GONE;
use crate::device::{Device, Start};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::mapping::Mapping;
use crate::receiver::{Progress, READS, Receiver, impl_mio_source};

/// Records that one call of `drain` hands over at most.
const RECORDS: u64 = READS as u64 * 32;

/// Looks at the ring, while it is spun on, between two pauses, each with a reading of the clock. A pause
/// leaves the core to its other thread for a while; one after each look would be most of the time.
const LOOKS: u32 = 64;

/// Receives the events of one source from its mapped log: no system call is needed to read.
///
/// The kernel's file cursor stays where it is, so the ledger counts nothing as delivered here. For
/// the same reason the device file, once there was an event, is always readable: wait for it
/// edge-triggered, as mio does, or use an eventfd.
///
/// A thread that can spare its CPU need not sleep at all: see [`spin`](RingReader::spin).
#[derive(Debug)]
pub struct RingReader {
    device: Device,
    mapping: Mapping,
    /// What wakes the reader, if not the device file.
    eventfd: Option<EventFd>,
    /// Sequence number of the next event.
    next: u64,
    /// The end was handed over.
    ended: bool,
}

impl RingReader {
    /// Maps the log of an open device file and reads from `start` on, woken by the file.
    ///
    /// # Errors
    /// [`Error::NotARing`], [`Error::Refused`] for a start beyond the next event, or the
    /// system's.
    pub fn new(device: Device, start: Start) -> Result<Self> {
        Self::woken_by(None, device, start)
    }

    /// The same, woken by an eventfd, which any way of waiting understands. It takes a little more
    /// of the kernel.
    ///
    /// # Errors
    /// As [`RingReader::new`].
    pub fn with_eventfd(device: Device, start: Start) -> Result<Self> {
        let eventfd = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
            .map_err(Error::system("open an eventfd"))?;
        device.set_eventfd(Some(eventfd.as_fd()))?;
        Self::woken_by(Some(eventfd), device, start)
    }

    fn woken_by(eventfd: Option<EventFd>, device: Device, start: Start) -> Result<Self> {
        device.seek(start)?;
        let info = device.info()?;
        let mapping =
            Mapping::new(&device, info.map_size as usize).map_err(|error| Error::NotARing {
                name: device.name(),
                what: error.to_string(),
            })?;
        Ok(RingReader {
            device,
            mapping,
            eventfd,
            next: info.next.max(1),
            ended: false,
        })
    }

    /// The device file.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Keeps the CPU busy until there is something for [`drain`](Receiver::drain), for `limit` at
    /// most. Returns whether there is; of a source that is gone there always is.
    ///
    /// The shortest way of all, for a thread that has a CPU to itself: spin without end. Where events
    /// come close together but not always, spin a little, and then sleep; and have the loop look at all
    /// else now and then, should events come close together for ever:
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use irqlink::{EventLoop, Progress, Receiver, RingReader};
    /// # fn run(events: &mut EventLoop, ring: &mut RingReader) -> irqlink::Result<()> {
    /// let mut handler = |event: irqlink::Event<'_>| println!("{event:?}");
    /// loop {
    ///     let mut spins = 0..1000;
    ///     while spins.next().is_some() && ring.spin(Duration::from_micros(50)) {
    ///         if ring.drain(&mut handler)? == Progress::Ended {
    ///             return Ok(());
    ///         }
    ///     }
    ///     let wake = events.turn(&mut [ring], &mut handler)?;
    ///     if wake.stop || wake.ended {
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    #[inline]
    pub fn spin(&self, limit: Duration) -> bool {
        let began = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if self.mapping.head() >= self.next {
                    return true;
                }
            }
            hint::spin_loop();
            if self.is_gone() {
                return true;
            }
            if began.elapsed() >= limit {
                return false;
            }
        }
    }

    fn is_gone(&self) -> bool {
        self.mapping.state() & IRQLINK_RING_GONE != 0
    }
}

impl Receiver for RingReader {
    /// Leaves an eventfd's count as it is: an edge-triggered wait reports each signal, read or
    /// not.
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let source = self.device.source();
        let gone = self.is_gone();
        let (next, caught_up) = read(&self.mapping, source, self.next, handler);
        self.next = next;
        if !caught_up {
            return Ok(Progress::More);
        }
        if gone {
            if !mem::replace(&mut self.ended, true) {
                handler(Event::Gone { source });
            }
            return Ok(Progress::Ended);
        }
        Ok(Progress::Drained)
    }
}

/// Hands over what the mapping holds from `next` on. Returns the new next sequence number and
/// whether it came up to the head.
#[inline]
fn read(
    mapping: &Mapping,
    source: u32,
    mut next: u64,
    handler: &mut dyn FnMut(Event<'_>),
) -> (u64, bool) {
    let end = next + RECORDS;
    let mut lost = next;
    loop {
        let head = mapping.head();
        if next > head || next >= end {
            report_lost(source, lost, next, handler);
            return (next, next > head);
        }
        match mapping.record(next) {
            Some(record) => {
                report_lost(source, lost, next, handler);
                handler(Event::Interrupt(&record));
                next += 1;
                lost = next;
            }
            // Overwritten, and so is all that is a whole log behind the head.
            None => next = (next + 1).max((head + 1).saturating_sub(mapping.capacity())),
        }
    }
}

fn report_lost(source: u32, first: u64, next: u64, handler: &mut dyn FnMut(Event<'_>)) {
    if first < next {
        handler(Event::Lost {
            source,
            first,
            last: next - 1,
        });
    }
}

impl AsFd for RingReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.eventfd {
            Some(eventfd) => eventfd.as_fd(),
            None => self.device.as_fd(),
        }
    }
}

impl_mio_source!(RingReader);

#[cfg(test)]
mod tests;
