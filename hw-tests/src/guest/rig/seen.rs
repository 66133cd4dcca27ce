//! The events of a test: made one at a time, each when the one before was received.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use irqlink::abi::Record;
use irqlink::{Receiver, Start};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::stand::Stand;
use crate::board::{Given, drain, ensure};
use crate::paths::Open;

/// What a receiver saw.
pub struct Seen {
    /// What it was given.
    pub given: Vec<Given>,
    /// Sequence number that the first should have.
    pub first: u64,
    /// When each was made (CLOCK_MONOTONIC, ns); nothing of those that came by themselves.
    pub made: Vec<u64>,
}

impl Seen {
    /// Makes the rig's number of events, or waits for as many, with a receiver that sleeps before each.
    pub fn by(open: Open, stand: &mut Stand) -> Result<Seen, Failed> {
        let (events, wait) = (stand.rig().events, stand.rig().limits.wait);
        let first = stand.board.head()? + 1;
        let source = stand.source.clone();
        let (tell, told) = mpsc::channel();
        let receiver = thread::spawn(move || -> Result<Vec<Given>, Failed> {
            let mut receiver = open(&source, Start::At(first))?;
            let mut given = Vec::new();
            tell.send(())?;
            for seq in first..first + events {
                given.append(&mut receive_to(&mut *receiver, &given, seq, wait)?);
                tell.send(())?;
            }
            Ok(given)
        });
        // If the receiver gives up it says why itself.
        let mut made = Vec::new();
        let mut driver = Ok(());
        while told.recv().is_ok() && stand.is_driven() && (made.len() as u64) < events {
            match stand.make_one() {
                Ok(time) => made.push(time),
                Err(e) => {
                    driver = Err(e);
                    break;
                }
            }
        }
        while driver.is_ok() && told.recv().is_ok() {}
        drop(told);
        let given = receiver.join().map_err(|_| "the receiver panicked")?;
        driver?;
        Ok(Seen {
            given: given?,
            first,
            made,
        })
    }

    /// The interrupts among them.
    pub fn records(&self) -> impl Iterator<Item = (&Record, u64)> {
        self.given.iter().filter_map(|one| match one {
            Given::Interrupt(record, arrival) => Some((record, *arrival)),
            _ => None,
        })
    }
}

/// Receives more, until the event with that number is among `before` and what comes.
fn receive_to(
    receiver: &mut dyn Receiver,
    before: &[Given],
    seq: u64,
    wait: Duration,
) -> Result<Vec<Given>, Failed> {
    let has = |given: &[Given]| match given.last() {
        Some(Given::Interrupt(record, _)) => record.seq >= seq,
        Some(Given::Lost(_, last)) => *last >= seq,
        Some(Given::Gone) => true,
        None => false,
    };
    let mut given = Vec::new();
    while !has(before) && !has(&given) {
        given.append(&mut drain(receiver)?);
        if has(&given) {
            break;
        }
        let mut fds = [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)];
        match poll(
            &mut fds,
            PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX),
        ) {
            Ok(0) => return Err(format!("event {seq} was not received within {wait:?}").into()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(given)
}

/// Fails unless what was given are the events from `first` on, `last` at least among them, each once
/// and in order, received or reported lost. Gives how many of each.
pub fn account(given: &[Given], first: u64, last: u64) -> Result<(u64, u64), Failed> {
    let count: u64 = given.iter().map(weight).sum();
    let end = first + count - 1;
    ensure!(end >= last, "it ended with {end}, but {last} were raised");
    crate::board::tile(given, first, end)
}

fn weight(given: &Given) -> u64 {
    match given {
        Given::Interrupt(..) => 1,
        Given::Lost(first, last) => last - first + 1,
        Given::Gone => 0,
    }
}
