//! Events from the mapped log, woken by an eventfd.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::abi::IRQLINK_RING_GONE;
use crate::device::{Device, Start};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::mapping::Mapping;
use crate::receiver::{Progress, READS, Receiver, impl_mio_source};

/// Records that one call of `drain` hands over at most.
const RECORDS: u64 = READS as u64 * 32;

/// Receives the events of one source from its mapped log: no system call is needed to read.
///
/// The kernel's file cursor stays where it is, so the ledger counts nothing as delivered here.
#[derive(Debug)]
pub struct RingReader {
    device: Device,
    mapping: Mapping,
    eventfd: EventFd,
    /// Sequence number of the next event.
    next: u64,
}

impl RingReader {
    /// Maps the log of an open device file and reads from `start` on.
    ///
    /// # Errors
    /// [`Error::NotARing`], [`Error::Refused`] for a start beyond the next event, or the
    /// system's.
    pub fn new(device: Device, start: Start) -> Result<Self> {
        let eventfd = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
            .map_err(Error::system("open an eventfd"))?;
        device.set_eventfd(Some(eventfd.as_fd()))?;
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
        })
    }

    /// The device file.
    pub fn device(&self) -> &Device {
        &self.device
    }
}

impl Receiver for RingReader {
    /// Leaves the eventfd's count as it is: an edge-triggered wait reports each signal, read
    /// or not.
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let source = self.device.source();
        let gone = self.mapping.state() & IRQLINK_RING_GONE != 0;
        let (next, caught_up) = read(&self.mapping, source, self.next, handler);
        self.next = next;
        if !caught_up {
            return Ok(Progress::More);
        }
        if gone {
            handler(Event::Gone { source });
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
        self.eventfd.as_fd()
    }
}

impl_mio_source!(RingReader);

#[cfg(test)]
mod tests;
