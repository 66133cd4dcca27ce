//! The ways from the interrupt to the program, one file each.
//!
//! A new one is a file with a [`Path`], and its entry in [`ALL`].

mod netlink;
mod on_mio;
mod read;
mod signal;

use std::fmt;

use irqlink::Event;

use crate::error::Result;

/// One way from the interrupt to the program.
pub trait Path: Sync {
    /// Its name, as typed and in reports.
    fn name(&self) -> &'static str;

    /// What it is, in a line.
    fn summary(&self) -> &'static str;

    /// Begins to listen, with the next event, in the thread that will wait.
    ///
    /// # Errors
    /// The path is not to be had here.
    fn listen(&self, source: &str) -> Result<Box<dyn Listener>>;
}

impl fmt::Debug for dyn Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Waits for events the way one path does.
pub trait Listener {
    /// Sleeps until something comes and hands each event to `handler`, the first one as soon as
    /// the program has it. A signal may end the sleep early.
    ///
    /// # Errors
    /// Those of the path.
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()>;
}

/// All paths, in the order in which they are measured.
pub static ALL: &[&dyn Path] = &[&netlink::Netlink, &read::Read, &signal::Signal];

/// The path of that name.
///
/// # Errors
/// There is none; says which there are.
pub fn named(name: &str) -> Result<&'static dyn Path, String> {
    let path = ALL.iter().copied().find(|path| path.name() == name);
    path.ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|path| path.name()).collect();
        format!("there are: {}", names.join(", "))
    })
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
        assert_eq!(
            named("udp").err().unwrap(),
            "there are: netlink, read, signal"
        );
    }
}
