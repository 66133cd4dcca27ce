//! The ways from the interrupt to the program, one file each.
//!
//! A new one is a file with a [`Path`], and its entry in [`ALL`].

mod bench_module;
mod bpf_ringbuf;
mod choice;
mod delivery;
mod gpio_cdev;
mod ioctl;
mod multicast;
mod netlink;
mod netlink_thread;
mod on_mio;
mod own;
mod procfs;
mod read;
mod read_blocking;
mod ring;
mod ring_spin;
mod signal_handler;
mod signalfd;
mod signals;
mod sigwaitinfo;
mod sysfs;
mod timer;
mod udp;
mod uio;
mod vfio;

pub use choice::{Choice, Skipped, missing};
pub use delivery::SetDelivery;
pub use on_mio::{Drain, OnMio};
pub use own::Own;

use std::fmt;

use irqlink::{Control, Event, Source};

use crate::error::Result;
use crate::trigger::Raise;

/// One way from the interrupt to the program.
pub trait Path: Sync {
    /// Its name, as typed and in reports.
    fn name(&self) -> &'static str;

    /// What it is, in a line.
    fn summary(&self) -> &'static str;

    /// Why it is not to be had here with this source, in words; `None` if it is.
    fn missing(&self, source: &Source) -> Option<String>;

    /// The receiver is asleep whenever it waits. If not, nobody waits for it to sleep.
    fn sleeps(&self) -> bool {
        true
    }

    /// Itself, if the source keeps its interrupts.
    fn own(&self) -> Option<&Own> {
        None
    }

    /// Takes what it needs, in the thread that triggers.
    ///
    /// # Errors
    /// The path is not to be had here.
    fn take(&self, source: &Source) -> Result<Taken>;
}

impl fmt::Debug for dyn Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A path that is ready to be measured.
pub struct Taken {
    /// Begins to listen. First of the two, for what was taken cannot be given back while it is used.
    pub listen: Listen,
    /// Raises its interrupt. When it is dropped, what was taken is given back; not before the
    /// receiver has ended.
    pub raise: Box<dyn Raise>,
}

/// Begins to listen, with the next event, in the thread that will wait.
pub type Listen = Box<dyn FnOnce() -> Result<Box<dyn Listener>> + Send>;

/// Waits for events the way one path does.
pub trait Listener {
    /// Sleeps until something comes and hands each event to `handler`, the first one as soon as
    /// the program has it. A signal may end the sleep early.
    ///
    /// # Errors
    /// Those of the path.
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()>;
}

/// All paths, in the order in which they are listed.
pub static ALL: &[&dyn Path] = &[
    &netlink::PATH,
    &netlink_thread::PATH,
    &multicast::PATH,
    &read::PATH,
    &read_blocking::PATH,
    &ioctl::PATH,
    &signalfd::PATH,
    &sigwaitinfo::PATH,
    &signal_handler::PATH,
    &ring::POLL,
    &ring::EVENTFD,
    &ring_spin::ADAPTIVE_PATH,
    &ring_spin::BUSY_PATH,
    &sysfs::PATH,
    &procfs::PATH,
    &udp::PATH,
    &bpf_ringbuf::PATH,
    &gpio_cdev::GpioCdev,
    &uio::Uio,
    &vfio::VfioEventfd,
    &timer::Timer,
];

/// The path of that name.
///
/// # Errors
/// There is none; says which there are.
pub fn named(name: &str) -> Result<&'static dyn Path, String> {
    find(ALL.iter().copied(), name)
}

/// Those for which the source stays irqlink's: all but peers.
pub fn own() -> impl Iterator<Item = &'static dyn Path> + Clone {
    ALL.iter().copied().filter(|path| path.own().is_some())
}

/// Those among them that any number of consumers can use at once, and that keep each event.
pub fn shared() -> impl Iterator<Item = &'static dyn Path> + Clone {
    own().filter(|path| path.own().is_some_and(|own| own.many))
}

/// It is none of irqlink's, and may not keep each event of many in a row.
pub fn is_baseline(path: &dyn Path) -> bool {
    path.own().is_some_and(|own| !own.many)
}

/// The path among [`own`] of that name.
///
/// # Errors
/// As [`named`].
pub fn own_named(name: &str) -> Result<&'static dyn Path, String> {
    find(own(), name)
}

/// The path among [`shared`] of that name.
///
/// # Errors
/// As [`named`].
pub fn shared_named(name: &str) -> Result<&'static dyn Path, String> {
    find(shared(), name)
}

/// Number of the source of that name, for what has events of all, or makes its own.
///
/// # Errors
/// Those of [`Control::source`].
fn number(source: &str) -> Result<u32> {
    Ok(Control::open()?.source(source)?.id)
}

fn find(
    mut paths: impl Iterator<Item = &'static dyn Path> + Clone,
    name: &str,
) -> Result<&'static dyn Path, String> {
    let names: Vec<_> = paths.clone().map(Path::name).collect();
    let path = paths.find(|path| path.name() == name);
    path.ok_or_else(|| format!("there are: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_found_by_its_name() {
        for path in ALL {
            assert_eq!(named(path.name()).unwrap().name(), path.name());
        }
    }

    #[test]
    fn an_unknown_path_is_told_the_known_ones() {
        let known = named("carrier-pigeon").err().unwrap();
        assert!(
            known.starts_with("there are: netlink, netlink-thread, "),
            "{known}"
        );
    }
}
