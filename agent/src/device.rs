//! The character device of a source, `/dev/irqlink/<source>`.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::abi::{IRQLINK_ABI_VERSION, Info, RECORD_SIZE, Record};
use crate::error::{Error, Result};
use crate::sys;

/// Where the device files are.
pub const DIRECTORY: &str = "/dev/irqlink";

/// What a device file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Receive events, register an agent.
    Read,
    /// The same, and trigger and acknowledge interrupts and change the source.
    ReadWrite,
}

/// Where in the log a receiver begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the next event to come.
    Next,
    /// With the oldest event that the log holds.
    Oldest,
    /// With this sequence number. What the log no longer holds is reported as lost.
    At(u64),
}

/// An open device file. Non-blocking, closed on exec. Each has its own cursor in the log.
#[derive(Debug)]
pub struct Device {
    fd: OwnedFd,
    path: PathBuf,
    source: u32,
}

impl Device {
    /// Opens the device file of a source, by the source's name or the file's path.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`], [`Error::UnknownSource`], [`Error::Permission`],
    /// [`Error::NotASource`], [`Error::Gone`]; [`Error::AbiVersion`] and [`Error::RecordSize`]
    /// if this program does not know the layout of the records.
    pub fn open(source: impl AsRef<Path>, access: Access) -> Result<Self> {
        let path = Path::new(DIRECTORY).join(source);
        let mode = match access {
            Access::Read => OFlag::O_RDONLY,
            Access::ReadWrite => OFlag::O_RDWR,
        };
        let flags = mode | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let fd =
            open(&path, flags, Mode::empty()).map_err(|errno| open_error(&path, access, errno))?;
        let mut device = Device {
            fd,
            path,
            source: 0,
        };
        device.source = device.info()?.source;
        Ok(device)
    }

    /// Name of the source: that of the file.
    pub fn name(&self) -> String {
        name(&self.path)
    }

    /// Number of the source, as netlink has it.
    pub fn source(&self) -> u32 {
        self.source
    }

    /// State of the source and of this file's cursor (`IRQLINK_IOC_INFO`).
    ///
    /// # Errors
    /// As [`Device::open`].
    pub fn info(&self) -> Result<Info> {
        let info = sys::info(&self.fd).map_err(|errno| match errno {
            Errno::ENODEV => self.gone(),
            Errno::ENOTTY | Errno::EINVAL => Error::NotASource {
                path: self.path.clone(),
            },
            errno => self.error("read the state of", errno),
        })?;
        if info.version != IRQLINK_ABI_VERSION {
            return Err(Error::AbiVersion {
                version: info.version,
            });
        }
        if info.record_size as usize != RECORD_SIZE {
            return Err(Error::RecordSize {
                size: info.record_size as usize,
            });
        }
        Ok(info)
    }

    /// Moves the file's cursor (`IRQLINK_IOC_SEEK`). [`Start::Next`] leaves it where it is,
    /// which after opening is the next event to come.
    ///
    /// # Errors
    /// `EINVAL` for a sequence number ahead of the first event not read yet.
    pub fn seek(&self, start: Start) -> Result<()> {
        let sequence = match start {
            Start::Next => return Ok(()),
            Start::Oldest => 0,
            Start::At(sequence) => sequence,
        };
        sys::seek(&self.fd, sequence).map_err(|errno| match errno {
            Errno::EINVAL => Error::Refused {
                doing: "move to that sequence number",
                errno,
                text: Some(format!(
                    "{sequence} is beyond the next event of {}",
                    self.name()
                )),
            },
            errno => self.error("move in the log of", errno),
        })
    }

    /// Has the device raise its interrupt (`IRQLINK_IOC_TRIGGER`). Needs [`Access::ReadWrite`].
    ///
    /// # Errors
    /// [`Error::CannotTrigger`] if the device cannot; `EBADF` without write access.
    #[inline]
    pub fn trigger(&self) -> Result<()> {
        sys::trigger(&self.fd).map_err(|errno| match errno {
            Errno::EOPNOTSUPP => Error::CannotTrigger { name: self.name() },
            Errno::ENODEV => self.gone(),
            errno => self.error("trigger", errno),
        })
    }

    /// Unmasks the interrupt of a source in mode until-ack (`IRQLINK_IOC_ACK`): it has been
    /// dealt with. Needs [`Access::ReadWrite`].
    ///
    /// # Errors
    /// [`Error::NothingToAck`] if the source does not wait for it; `EBADF` without write access.
    #[inline]
    pub fn ack(&self) -> Result<()> {
        sys::ack(&self.fd).map_err(|errno| match errno {
            Errno::EALREADY => Error::NothingToAck { name: self.name() },
            Errno::ENODEV => self.gone(),
            errno => self.error("acknowledge", errno),
        })
    }

    /// Sleeps until there is an event and takes it off this file (`IRQLINK_IOC_WAIT`); `None` if
    /// a signal came first, whose handler was installed without `SA_RESTART`. The record may tell
    /// a loss: see [`Event::from`](crate::Event).
    ///
    /// # Errors
    /// [`Error::Gone`], after the last event.
    #[inline]
    pub fn wait(&self) -> Result<Option<Record>> {
        match sys::wait(&self.fd) {
            Ok(record) => Ok(Some(record)),
            Err(Errno::EINTR) => Ok(None),
            Err(Errno::ENODEV) => Err(self.gone()),
            Err(errno) => Err(self.error("wait for", errno)),
        }
    }

    /// Has the kernel signal an eventfd at each delivery (`IRQLINK_IOC_EVENTFD`); `None` for
    /// no longer.
    ///
    /// # Errors
    /// The system's.
    pub fn set_eventfd(&self, eventfd: Option<BorrowedFd<'_>>) -> Result<()> {
        sys::set_eventfd(&self.fd, eventfd.map_or(-1, |fd| fd.as_raw_fd()))
            .map_err(|errno| self.error("set the eventfd of", errno))
    }

    /// Has the kernel send `signal` to the calling thread at each delivery (`F_SETOWN_EX`,
    /// `F_SETSIG`, `O_ASYNC`). When that signal's queue is full, it sends `SIGIO`; have both
    /// blocked or handled before.
    ///
    /// # Errors
    /// The system's.
    pub fn set_signal(&self, signal: i32) -> Result<()> {
        sys::send_signal_to_this_thread(&self.fd, signal)
            .map_err(|errno| self.error("ask for signals of", errno))
    }

    /// Stands for source 1 in tests.
    #[cfg(test)]
    pub(crate) fn of_descriptor(fd: OwnedFd) -> Self {
        Device {
            fd,
            path: PathBuf::from("/dev/irqlink/test"),
            source: 1,
        }
    }

    pub(crate) fn gone(&self) -> Error {
        Error::Gone { name: self.name() }
    }

    pub(crate) fn error(&self, doing: &str, errno: Errno) -> Error {
        Error::system(format!("{doing} {}", self.path.display()))(errno)
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Names of the sources that have a device file, sorted.
pub(crate) fn names() -> Vec<String> {
    let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| name(&entry.path())).collect();
    names.sort();
    names
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn open_error(path: &Path, access: Access, errno: Errno) -> Error {
    let access = match access {
        Access::Read => "reading",
        Access::ReadWrite => "reading and writing",
    };
    match errno {
        Errno::ENOENT if !Path::new("/sys/module/irqlink").exists() => Error::ModuleMissing,
        Errno::ENOENT => Error::UnknownSource {
            name: name(path),
            known: names(),
        },
        Errno::EACCES | Errno::EPERM => Error::Permission {
            path: path.to_owned(),
            access,
            file: owner_and_mode(path),
        },
        Errno::ENODEV | Errno::ENXIO => Error::Gone { name: name(path) },
        errno => Error::system(format!("open {}", path.display()))(errno),
    }
}

fn owner_and_mode(path: &Path) -> String {
    match fs::metadata(path) {
        Ok(file) => format!(
            "owner uid {}, gid {}, mode {:04o}",
            file.uid(),
            file.gid(),
            file.mode() & 0o7777
        ),
        Err(_) => "its directory cannot be searched".to_owned(),
    }
}
