//! Device interrupts as events.
//!
//! A *source* is one interrupt of a device; the kernel module keeps a log of its latest events,
//! each a 64-byte [`Record`](abi::Record) stamped in hard-IRQ context. Receivers read the same log
//! and hand the same [`Event`] to a handler:
//!
//! - [`Agent`]: a netlink socket that the kernel sends events to,
//! - [`FileReader`]: `read` on the source's device file,
//! - [`SignalReader`]: the same, woken by a signal,
//! - [`RingReader`]: the log itself, mapped; it can also be read by a thread that never sleeps,
//! - [`Observer`]: a netlink socket that overhears the events of all sources, and may miss some.
//!
//! [`EventLoop`] runs any of them on mio. [`BlockingReader`] needs no loop: its thread sleeps in
//! `read`. [`Control`] lists, makes, changes and removes sources.

pub mod abi;
pub mod netlink;
pub mod realtime;
pub mod units;

mod accel;
mod agent;
mod blocking;
mod consumer;
mod control;
mod device;
mod error;
mod event;
mod event_loop;
mod file;
mod gpio_line;
mod mapping;
mod new_source;
mod notices;
mod observer;
mod pci_binding;
mod receiver;
mod ring;
mod rseq;
mod settings;
mod signal;
mod source;
mod sys;
#[cfg(test)]
mod testing;

pub use accel::Accel;
pub use agent::{Agent, Options, Registration};
pub use blocking::BlockingReader;
pub use consumer::{Consumer, ConsumerKind};
pub use control::Control;
pub use device::{Access, Device, Start};
pub use error::{Error, Result};
pub use event::Event;
pub use event_loop::{End, EventLoop, Wake};
pub use file::FileReader;
pub use gpio_line::{GpioLine, LineError};
pub use new_source::{Edges, Gpio, NewSource, Pci, Sim, SourceKind};
pub use notices::{Notice, Notices};
pub use observer::Observer;
pub use pci_binding::{BindingError, PciBinding};
pub use receiver::{Progress, Receiver};
pub use ring::RingReader;
pub use settings::Settings;
pub use signal::SignalReader;
pub use source::{Delivery, Mode, Source};
