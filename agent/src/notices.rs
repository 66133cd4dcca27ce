//! Notices of sources that come, go and change.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use crate::abi::*;
use crate::control::open_family;
use crate::error::{Error, Result};
use crate::netlink::{Messages, Socket};
use crate::source::Source;

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
