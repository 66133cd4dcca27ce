//! How many records one message or one read carries at most. All records have one size, 64 bytes; what
//! a program chooses is how many it takes at a time.

use std::os::fd::{AsFd, BorrowedFd};

use bytemuck::cast_slice_mut;
use irqlink::abi::{RECORD_SIZE, Record};
use irqlink::{Access, Agent, Device, Event, Options, Progress, Start};
use nix::errno::Errno;
use nix::unistd::read;

use crate::error::{Error, Result};
use crate::path::{Drain, Listener, OnMio, Path};

/// Listens to a source, taking so many records at a time.
pub type BatchListen = fn(source: &str, batch: u32) -> Result<Box<dyn Listener>>;

/// How to listen on a path; `None` where the number is not the program's choice.
pub fn batched(path: &dyn Path) -> Option<BatchListen> {
    match path.name() {
        "netlink" => Some(messages),
        "read" => Some(reads),
        _ => None,
    }
}

fn messages(source: &str, batch: u32) -> Result<Box<dyn Listener>> {
    let mut agent = Agent::open(Options {
        batch,
        ..Options::default()
    })?;
    agent.register(source, Start::Next)?;
    Ok(Box::new(OnMio::new(agent)?))
}

fn reads(source: &str, batch: u32) -> Result<Box<dyn Listener>> {
    let device = Device::open(source, Access::Read)?;
    Ok(Box::new(OnMio::new(Reads {
        device,
        buffer: vec![Record::default(); batch as usize],
    })?))
}

/// Reads that one call does at most, as the library's.
const READS: usize = 64;

/// Reads into a buffer of that many records.
struct Reads {
    device: Device,
    buffer: Vec<Record>,
}

impl Drain for Reads {
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        for _ in 0..READS {
            let length = match read(&self.device, cast_slice_mut(&mut self.buffer)) {
                Ok(length) => length,
                Err(Errno::EAGAIN) => return Ok(Progress::Drained),
                Err(Errno::EINTR) => continue,
                Err(Errno::ENODEV) => {
                    handler(Event::Gone {
                        source: self.device.source(),
                    });
                    return Ok(Progress::Ended);
                }
                Err(errno) => return Err(Error::system("read events")(errno)),
            };
            for record in &self.buffer[..length / RECORD_SIZE] {
                handler(Event::from(record));
            }
        }
        Ok(Progress::More)
    }
}

impl AsFd for Reads {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::ALL;

    #[test]
    fn the_paths_whose_batch_is_a_choice_are_there() {
        let names = ALL.iter().filter(|path| batched(**path).is_some());
        assert_eq!(names.count(), 2);
    }
}
