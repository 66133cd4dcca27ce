//! Lists and changes sources by netlink.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;

use crate::abi::*;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::netlink::{Builder, Family, Messages, Socket};

pub use crate::source::{Consumer, ConsumerKind, Delivery, Source};

/// Bytes of the buffer for answers; the kernel fills dumps up to 32 KiB (`linux/netlink.h`).
const BUFFER: usize = 32 * 1024;

/// A connection to the module for questions and changes.
#[derive(Debug)]
pub struct Control {
    socket: Socket,
    family: Family,
    buffer: Box<[u8]>,
}

impl Control {
    /// Opens a socket and finds the family.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`], [`Error::FamilyVersion`], or the system's.
    pub fn open() -> Result<Self> {
        let mut socket = Socket::open()?;
        let family = open_family(&mut socket)?;
        Ok(Control {
            socket,
            family,
            buffer: vec![0; BUFFER].into(),
        })
    }

    /// The netlink family of the running module.
    pub fn family(&self) -> &Family {
        &self.family
    }

    /// All sources, by number.
    ///
    /// # Errors
    /// Those of [`Socket::request`].
    pub fn sources(&mut self) -> Result<Vec<Source>> {
        let request = self.request(IRQLINK_CMD_SOURCE_GET, libc::NLM_F_DUMP);
        let mut sources = Vec::new();
        self.ask("list sources", request, |reply| {
            sources.push(Source::parse(reply.attributes)?);
            Ok(())
        })?;
        sources.sort_by_key(|source| source.id);
        Ok(sources)
    }

    /// One source by its name.
    ///
    /// # Errors
    /// [`Error::UnknownSource`] with the names that exist.
    pub fn source(&mut self, name: &str) -> Result<Source> {
        let sources = self.sources()?;
        match sources.iter().find(|source| source.name == name) {
            Some(source) => Ok(source.clone()),
            None => Err(Error::UnknownSource {
                name: name.to_owned(),
                known: sources.into_iter().map(|source| source.name).collect(),
            }),
        }
    }

    /// The ledger of each consumer, of one source or of all.
    ///
    /// # Errors
    /// Those of [`Socket::request`].
    pub fn consumers(&mut self, source: Option<u32>) -> Result<Vec<Consumer>> {
        let mut request = self.request(IRQLINK_CMD_CONSUMER_GET, libc::NLM_F_DUMP);
        if let Some(source) = source {
            request = request.u32(IRQLINK_A_CONSUMER_SOURCE, source);
        }
        let mut consumers = Vec::new();
        self.ask("list consumers", request, |reply| {
            consumers.push(Consumer::parse(reply.attributes)?);
            Ok(())
        })?;
        Ok(consumers)
    }

    /// Has a source's device raise its interrupt. `device`, opened for writing, stands in for
    /// `CAP_SYS_ADMIN`. [`Device::trigger`] costs less.
    ///
    /// # Errors
    /// [`Error::Refused`]: `EPERM`, `ENOENT`, `EOPNOTSUPP` if the device cannot.
    pub fn trigger(&mut self, source: u32, device: Option<&Device>) -> Result<()> {
        let request = self.change(IRQLINK_CMD_TRIGGER, source, device);
        self.ask("trigger a source", request, |_| Ok(()))
    }

    /// Sets where a source's deliveries run. `device` as in [`Control::trigger`].
    ///
    /// # Errors
    /// [`Error::Refused`]: `EPERM`, `ENOENT`, `EOPNOTSUPP` for softirq on PREEMPT_RT.
    pub fn set_delivery(
        &mut self,
        source: u32,
        delivery: Delivery,
        device: Option<&Device>,
    ) -> Result<()> {
        let request = self
            .change(IRQLINK_CMD_SOURCE_SET, source, device)
            .u32(IRQLINK_A_SOURCE_DELIVERY, delivery.number());
        self.ask("set the delivery of a source", request, |_| Ok(()))
    }

    fn change(&self, command: u8, source: u32, device: Option<&Device>) -> Builder {
        let request = self.request(command, 0).u32(IRQLINK_A_SOURCE_ID, source);
        match device {
            Some(device) => request.u32(IRQLINK_A_SOURCE_FD, device.as_fd().as_raw_fd() as u32),
            None => request,
        }
    }

    fn request(&self, command: u8, flags: i32) -> Builder {
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags;
        Builder::new(self.family.id, flags, command, IRQLINK_FAMILY_VERSION)
    }

    fn ask(
        &mut self,
        doing: &'static str,
        request: Builder,
        reply: impl FnMut(crate::netlink::Generic<'_>) -> Result<()>,
    ) -> Result<()> {
        self.socket
            .request(doing, request, &mut self.buffer, reply, |_| {})
    }
}

/// Finds the family of the running module and checks its version.
pub(crate) fn open_family(socket: &mut Socket) -> Result<Family> {
    let mut buffer = [0; 4096];
    let family =
        Family::resolve(socket, IRQLINK_FAMILY_NAME, &mut buffer)?.ok_or(Error::ModuleMissing)?;
    if family.version != u32::from(IRQLINK_FAMILY_VERSION) {
        return Err(Error::FamilyVersion {
            version: family.version,
        });
    }
    Ok(family)
}

/// A change in the set of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A source has come.
    Added(Source),
    /// A source has gone.
    Removed(Source),
    /// A source was set.
    Changed(Source),
}

/// Receives notices of sources that come and go (multicast group `sources`). Notices can be
/// missed when they come faster than they are read; list the sources where that matters.
#[derive(Debug)]
pub struct Notices {
    socket: Socket,
    family: u16,
    buffer: Box<[u8]>,
}

impl Notices {
    /// Joins the group.
    ///
    /// # Errors
    /// As [`Control::open`].
    pub fn open() -> Result<Self> {
        let mut socket = Socket::open()?;
        let family = open_family(&mut socket)?;
        let group = family.group(IRQLINK_MCGRP_SOURCES).ok_or(Error::Refused {
            doing: "send notices of sources",
            errno: Errno::ENOENT,
            text: None,
        })?;
        socket.join(group)?;
        Ok(Notices {
            socket,
            family: family.id,
            buffer: vec![0; 8192].into(),
        })
    }

    /// Hands every notice there is to `handler`.
    ///
    /// # Errors
    /// Those of [`Socket::receive`], or a malformed message.
    pub fn drain(&mut self, handler: &mut dyn FnMut(Notice)) -> Result<()> {
        while let Some(datagram) = self.socket.receive(&mut self.buffer)? {
            for message in Messages::new(datagram) {
                let message = message?;
                if message.kind != self.family {
                    continue;
                }
                let message = message.generic()?;
                let source = Source::parse(message.attributes)?;
                match message.command {
                    IRQLINK_CMD_SOURCE_ADD_NTF => handler(Notice::Added(source)),
                    IRQLINK_CMD_SOURCE_DEL_NTF => handler(Notice::Removed(source)),
                    IRQLINK_CMD_SOURCE_CHANGE_NTF => handler(Notice::Changed(source)),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl AsFd for Notices {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
