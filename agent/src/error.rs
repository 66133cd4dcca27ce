//! What can go wrong, in words that say what to do next.

use std::path::PathBuf;

use nix::errno::Errno;

use crate::abi::{IRQLINK_ABI_VERSION, IRQLINK_FAMILY_VERSION, RECORD_SIZE};
use crate::gpio_line::LineError;
use crate::netlink::Malformed;
use crate::pci_binding::BindingError;

/// Result of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No kernel module offers the netlink family or the device files.
    #[error(
        "the kernel module is not loaded; load it: modprobe irqlink (and irqlink_pci for PCIe devices)"
    )]
    ModuleMissing,

    /// No source has that name or number.
    #[error("there is no source {name}; {}", known_sources(known))]
    UnknownSource {
        /// Name or number asked for.
        name: String,
        /// Names of the sources that exist.
        known: Vec<String>,
    },

    /// The device file may not be opened so.
    #[error(
        "no permission to open {} for {access}: {file}; run as root, or give your group access \
         with a udev rule: SUBSYSTEM==\"irqlink\", GROUP=\"irqlink\", MODE=\"0660\"",
        path.display()
    )]
    Permission {
        /// The device file.
        path: PathBuf,
        /// What it was opened for.
        access: &'static str,
        /// Its owner and mode.
        file: String,
    },

    /// The file is not one of this driver's.
    #[error("{} is not an irqlink source; name a source that `irqlink sources` lists, or a file under /dev/irqlink", path.display())]
    NotASource {
        /// The file.
        path: PathBuf,
    },

    /// The file's or mapping's layout is of another version.
    #[error(
        "the module's record layout has version {version}, this program knows version {IRQLINK_ABI_VERSION}; install both from the same release"
    )]
    AbiVersion {
        /// Version that the kernel gave.
        version: u32,
    },

    /// The netlink family is of another version.
    #[error(
        "the module's netlink family has version {version}, this program knows version {IRQLINK_FAMILY_VERSION}; install both from the same release"
    )]
    FamilyVersion {
        /// Version that the kernel gave.
        version: u32,
    },

    /// Records are of another size.
    #[error(
        "the module's records have {size} bytes, this program knows {RECORD_SIZE}; install both from the same release"
    )]
    RecordSize {
        /// Bytes of one record, from the kernel.
        size: usize,
    },

    /// The source's device cannot be made to raise its interrupt.
    #[error(
        "source {name} cannot raise its own interrupt; make its device do so, or use a source with the feature `trigger` (see `irqlink sources`)"
    )]
    CannotTrigger {
        /// The source.
        name: String,
    },

    /// The source does not wait to be acknowledged.
    #[error(
        "source {name} does not wait to be acknowledged; each event with the flag `masked` can be, once"
    )]
    NothingToAck {
        /// The source.
        name: String,
    },

    /// A GPIO line cannot be found.
    #[error(transparent)]
    Line(#[from] LineError),

    /// A PCI function cannot be bound to the driver.
    #[error(transparent)]
    Binding(#[from] BindingError),

    /// The source's device is gone.
    #[error("source {name} is gone: its device or driver was removed")]
    Gone {
        /// The source.
        name: String,
    },

    /// The kernel refused a request.
    #[error("the kernel refused to {doing}: {}", refusal(*errno, text.as_deref()))]
    Refused {
        /// What was asked for.
        doing: &'static str,
        /// Its error number.
        errno: Errno,
        /// Its own words (extended acknowledgement).
        text: Option<String>,
    },

    /// The kernel's answer did not come, because the receive buffer had no room for it.
    #[error(
        "no answer when asked to {doing}: the receive buffer was full; make it larger (--rcvbuf), or drain first"
    )]
    NoReply {
        /// What was asked for.
        doing: &'static str,
    },

    /// A datagram was larger than the buffer; its end is lost.
    #[error(
        "a netlink message of {length} bytes came for a buffer of {buffer}; report this as a defect"
    )]
    Truncated {
        /// Bytes of the datagram.
        length: usize,
        /// Bytes of the buffer.
        buffer: usize,
    },

    /// What the kernel sent cannot be understood.
    #[error("{0}; install module and program from the same release")]
    Malformed(#[from] Malformed),

    /// The mapping is not what its header says.
    #[error(
        "the mapping of {name} is not a ring of records: {what}; install module and program from the same release"
    )]
    NotARing {
        /// The source.
        name: String,
        /// What is wrong.
        what: String,
    },

    /// Any other failure of a system call.
    #[error("cannot {doing}: {}", errno.desc())]
    System {
        /// What was being done.
        doing: String,
        /// Its error number.
        errno: Errno,
    },
}

impl Error {
    /// Names what was being done when a system call failed; for `map_err`.
    pub(crate) fn system(doing: impl Into<String>) -> impl FnOnce(Errno) -> Error {
        move |errno| Error::System {
            doing: doing.into(),
            errno,
        }
    }

    /// As [`Error::system`], for the standard library's errors.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        move |error| Error::System {
            doing: doing.into(),
            errno: Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }
}

fn known_sources(known: &[String]) -> String {
    if known.is_empty() {
        return "no source exists: load a driver for your device (modprobe irqlink_pci), or make \
                a source (irqlink source add), and see `irqlink doctor`"
            .to_owned();
    }
    format!("there are: {}", known.join(", "))
}

fn refusal(errno: Errno, text: Option<&str>) -> String {
    match text {
        Some(text) => format!("{text} ({errno:?})"),
        None => format!("{} ({errno:?})", errno.desc()),
    }
}
