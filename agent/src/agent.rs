//! Events by netlink: the kernel sends each to the sockets that registered for its source.

use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use bytemuck::pod_read_unaligned;
use nix::errno::Errno;

use crate::abi::*;
use crate::control::open_family;
use crate::device::{Access, Device, Start};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::netlink::{Builder, Messages, Socket};
use crate::receiver::{Progress, READS, Receiver, impl_mio_source};

/// Bytes of an event message beside its records, and of any answer.
const OVERHEAD: usize = 8192;

/// Times that a request is sent if the receive buffer has no room for the answer.
const ATTEMPTS: u32 = 8;

/// How an agent receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the socket's receive buffer; `None` leaves the system's default.
    pub receive_buffer: Option<usize>,
    /// Most records in one message, at least 1; the kernel has a limit of its own.
    pub batch: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            receive_buffer: None,
            batch: 32,
        }
    }
}

/// A source that an agent is registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Number of the source.
    pub source: u32,
    /// Sequence number of the first event that will come.
    pub first: u64,
}

/// Receives the events of any number of sources on one netlink socket.
#[derive(Debug)]
pub struct Agent {
    socket: Socket,
    family: u16,
    batch: u32,
    buffer: Box<[u8]>,
    /// Event messages that came while an answer was awaited.
    backlog: Vec<Box<[u8]>>,
    sources: Vec<u32>,
}

impl Agent {
    /// Opens the socket and finds the family.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`], [`Error::FamilyVersion`], or the system's.
    pub fn open(options: Options) -> Result<Self> {
        let mut socket = Socket::open()?;
        if let Some(bytes) = options.receive_buffer {
            socket.set_receive_buffer(bytes)?;
        }
        let family = open_family(&mut socket)?;
        Ok(Self::with_socket(socket, family.id, options))
    }

    fn with_socket(socket: Socket, family: u16, options: Options) -> Self {
        let size = OVERHEAD + options.batch as usize * (RECORD_SIZE + 4);
        Agent {
            socket,
            family,
            batch: options.batch.max(1),
            buffer: vec![0; size].into(),
            backlog: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Registers for a source by name. The device file is open only meanwhile.
    ///
    /// # Errors
    /// Those of [`Device::open`] and [`Agent::register_device`].
    pub fn register(&mut self, source: &str, start: Start) -> Result<Registration> {
        self.register_device(&Device::open(source, Access::Read)?, start)
    }

    /// Registers for the source of an open device file, which shows the permission to.
    /// Events that come meanwhile are kept for [`drain`](Receiver::drain): call it next.
    ///
    /// # Errors
    /// [`Error::Refused`]: `EEXIST` if registered already, `ERANGE` if `start` is beyond the
    /// next event; [`Error::NoReply`] if the receive buffer is full.
    pub fn register_device(&mut self, device: &Device, start: Start) -> Result<Registration> {
        let mut request = self
            .request(IRQLINK_CMD_AGENT_REGISTER, 0)
            .u32(IRQLINK_A_EVENT_SOURCE, device.source())
            .u32(IRQLINK_A_EVENT_FD, device.as_fd().as_raw_fd() as u32)
            .u32(IRQLINK_A_EVENT_COUNT, self.batch);
        match start {
            Start::Next => {}
            Start::Oldest => request = request.u64(IRQLINK_A_EVENT_FROM, 0),
            Start::At(sequence) => request = request.u64(IRQLINK_A_EVENT_FROM, sequence),
        }
        let first = self.ask("register an agent", &request)?;
        let registration = Registration {
            source: device.source(),
            first,
        };
        self.sources.push(registration.source);
        Ok(registration)
    }

    /// Asks for no more events of a source. Those already sent still come. Events that come
    /// meanwhile, of any source, are kept for [`drain`](Receiver::drain): call it next.
    ///
    /// # Errors
    /// [`Error::Refused`]: `ENOENT` if not registered.
    pub fn unregister(&mut self, source: u32) -> Result<()> {
        let request = self
            .request(IRQLINK_CMD_AGENT_UNREGISTER, libc::NLM_F_ACK)
            .u32(IRQLINK_A_EVENT_SOURCE, source);
        let outcome = self.ask("unregister an agent", &request);
        let registered = self.sources.contains(&source);
        self.sources.retain(|registered| *registered != source);
        match outcome {
            // Gone meanwhile, or done already by a request whose answer had no room.
            Err(Error::Refused {
                errno: Errno::ENOENT,
                ..
            }) if registered => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Numbers of the sources that it is registered for and that are not gone.
    pub fn sources(&self) -> &[u32] {
        &self.sources
    }

    /// The socket's port, by which the ledger names this agent.
    pub fn port(&self) -> u32 {
        self.socket.port()
    }

    /// Messages so far that did not come from the kernel; each was ignored.
    pub fn foreign(&self) -> u64 {
        self.socket.foreign()
    }

    fn request(&self, command: u8, flags: i32) -> Builder {
        Builder::new(
            self.family,
            libc::NLM_F_REQUEST | flags,
            command,
            IRQLINK_FAMILY_VERSION,
        )
    }

    /// Sends a request; returns the sequence number in the answer, 0 if there is none. What
    /// was not answered was not done, for want of room, so it is asked again.
    fn ask(&mut self, doing: &'static str, request: &Builder) -> Result<u64> {
        let mut outcome = Err(Error::NoReply { doing });
        for _ in 0..ATTEMPTS {
            self.make_room()?;
            outcome = self.ask_once(doing, request.clone());
            if !matches!(outcome, Err(Error::NoReply { .. })) {
                break;
            }
        }
        outcome
    }

    /// Puts aside the events that take the room of the answer.
    fn make_room(&mut self) -> Result<()> {
        for _ in 0..READS {
            match self.socket.receive(&mut self.buffer)? {
                Some(datagram) => self.backlog.push(datagram.into()),
                None => break,
            }
        }
        Ok(())
    }

    fn ask_once(&mut self, doing: &'static str, request: Builder) -> Result<u64> {
        let mut first = 0;
        self.socket.request(
            doing,
            request,
            &mut self.buffer,
            |reply| {
                for attribute in reply.attributes {
                    let attribute = attribute?;
                    if attribute.kind == IRQLINK_A_EVENT_FROM {
                        first = attribute.u64()?;
                    }
                }
                Ok(())
            },
            |datagram| self.backlog.push(datagram.into()),
        )?;
        Ok(first)
    }

    fn progress(&self) -> Progress {
        if self.sources.is_empty() {
            Progress::Ended
        } else {
            Progress::Drained
        }
    }
}

impl Receiver for Agent {
    /// [`Progress::Ended`] if it is registered for nothing that still exists.
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        if !self.backlog.is_empty() {
            for datagram in mem::take(&mut self.backlog) {
                deliver(self.family, &mut self.sources, &datagram, handler)?;
            }
        }
        for _ in 0..READS {
            match self.socket.receive(&mut self.buffer)? {
                Some(datagram) => deliver(self.family, &mut self.sources, datagram, handler)?,
                None => return Ok(self.progress()),
            }
        }
        Ok(Progress::More)
    }
}

/// Hands the events in a datagram to the handler.
#[inline]
pub(crate) fn deliver(
    family: u16,
    sources: &mut Vec<u32>,
    datagram: &[u8],
    handler: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    for message in Messages::new(datagram) {
        let message = message?;
        if message.kind != family {
            continue;
        }
        let message = message.generic()?;
        if message.version != IRQLINK_FAMILY_VERSION {
            return Err(Error::FamilyVersion {
                version: message.version.into(),
            });
        }
        match message.command {
            IRQLINK_CMD_EVENT => {
                for attribute in message.attributes {
                    let attribute = attribute?;
                    if attribute.kind != IRQLINK_A_EVENT_RECORD {
                        continue;
                    }
                    if attribute.value.len() != RECORD_SIZE {
                        return Err(Error::RecordSize {
                            size: attribute.value.len(),
                        });
                    }
                    // Attributes are aligned to 4 bytes only.
                    handler(Event::from(&pod_read_unaligned::<Record>(attribute.value)));
                }
            }
            IRQLINK_CMD_SOURCE_DEL_NTF => {
                for attribute in message.attributes {
                    let attribute = attribute?;
                    if attribute.kind == IRQLINK_A_SOURCE_ID {
                        let source = attribute.u32()?;
                        sources.retain(|registered| *registered != source);
                        handler(Event::Gone { source });
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl AsFd for Agent {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl_mio_source!(Agent);

#[cfg(test)]
mod tests;
