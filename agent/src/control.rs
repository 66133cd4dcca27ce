//! Lists, makes, changes and removes sources by netlink.

use std::os::fd::{AsFd, AsRawFd};

use crate::abi::*;
use crate::consumer::Consumer;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::netlink::{Builder, Family, Malformed, Socket};
use crate::new_source::NewSource;
use crate::settings::Settings;
use crate::source::Source;

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

    /// Changes a source; what is `None` in the settings stays. `device` as in
    /// [`Control::trigger`].
    ///
    /// # Errors
    /// [`Error::Refused`]: `EPERM`, `ENOENT`, `EOPNOTSUPP` for softirq on PREEMPT_RT, `ERANGE`.
    pub fn set(&mut self, source: u32, settings: Settings, device: Option<&Device>) -> Result<()> {
        let request = self.change(IRQLINK_CMD_SOURCE_SET, source, device);
        self.ask("set a source", settings.put(request), |_| Ok(()))
    }

    /// Unmasks a source in mode until-ack. `device` as in [`Control::trigger`]. [`Device::ack`]
    /// costs less.
    ///
    /// # Errors
    /// [`Error::Refused`]: `EPERM`, `ENOENT`, `EALREADY` if it does not wait for that.
    pub fn ack(&mut self, source: u32, device: Option<&Device>) -> Result<()> {
        let request = self.change(IRQLINK_CMD_ACK, source, device);
        self.ask("acknowledge an interrupt", request, |_| Ok(()))
    }

    /// Makes a source that no driver has found. Needs `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// [`Error::Refused`] with the kernel's words: `EPERM`, `EEXIST` if the name is taken,
    /// `EOPNOTSUPP` if the driver's module is not loaded, and what is wrong with the
    /// description.
    pub fn add(&mut self, source: &NewSource) -> Result<Source> {
        let request = source.put(self.request(IRQLINK_CMD_SOURCE_ADD, 0));
        let mut added = Err(Malformed("no reply").into());
        self.ask("add a source", request, |reply| {
            added = Ok(Source::parse(reply.attributes)?);
            Ok(())
        })?;
        added
    }

    /// Removes a source that [`Control::add`] made. Needs `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// [`Error::Refused`]: `ENOENT`; `EPERM`, also if a driver found the source.
    pub fn remove(&mut self, source: u32) -> Result<()> {
        let request = self
            .request(IRQLINK_CMD_SOURCE_DEL, 0)
            .u32(IRQLINK_A_SOURCE_ID, source);
        self.ask("remove a source", request, |_| Ok(()))
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
