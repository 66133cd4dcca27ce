//! The account of a receiver that is given too much to keep it all.

use irqlink::abi::IRQLINK_RECORD_STORM;

use crate::board::*;

/// What a receiver was given so far: all from the first event on, received or reported lost, once and in
/// order.
pub struct Account {
    first: u64,
    /// The event that is to come.
    next: u64,
    /// Events that were not lost.
    pub received: u64,
    /// Records that tell that the source was masked.
    pub storms: u64,
}

impl Account {
    /// Nothing yet; the first event is to be that one.
    pub fn from(first: u64) -> Account {
        Account {
            first,
            next: first,
            received: 0,
            storms: 0,
        }
    }

    /// Adds what was given next.
    ///
    /// # Errors
    /// If something is missing, or comes twice, late or out of order.
    pub fn add(&mut self, given: &[Given]) -> Outcome {
        let (begin, count) = (self.next, count(given));
        self.next += count;
        self.received += tile(given, begin, self.next - 1)?.0;
        let tells = |one: &&Given| matches!(one, Given::Interrupt(record, _) if record.flags & IRQLINK_RECORD_STORM != 0);
        self.storms += given.iter().filter(tells).count() as u64;
        Ok(())
    }

    /// Events that there were.
    pub fn raised(&self) -> u64 {
        self.next - self.first
    }

    /// Fails unless that event was among them.
    pub fn reaches(&self, last: u64) -> Outcome {
        let end = self.next - 1;
        ensure!(end >= last, "it ended with {end}, but {last} were raised");
        Ok(())
    }
}

/// Events and lost events among what was given.
fn count(given: &[Given]) -> u64 {
    given
        .iter()
        .map(|one| match one {
            Given::Interrupt(..) => 1,
            Given::Lost(first, last) => last - first + 1,
            Given::Gone => 0,
        })
        .sum()
}
