//! What a handler is given; the same for every path.

use crate::abi::{IRQLINK_RECORD_LOST, Record};

/// One thing that happened to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The device raised its interrupt.
    Interrupt(&'a Record),
    /// Interrupts `first..=last` were overwritten in the log before this receiver came to them.
    Lost {
        /// Number of the source.
        source: u32,
        /// First sequence number lost.
        first: u64,
        /// Last sequence number lost.
        last: u64,
    },
    /// The device or its driver is gone; no event of this source follows.
    Gone {
        /// Number of the source.
        source: u32,
    },
}

impl Event<'_> {
    /// Number of the source that the event is of.
    pub fn source(&self) -> u32 {
        match *self {
            Event::Interrupt(record) => record.source,
            Event::Lost { source, .. } | Event::Gone { source } => source,
        }
    }
}

impl<'a> From<&'a Record> for Event<'a> {
    /// Tells an interrupt from the in-band report of a loss (`IRQLINK_RECORD_LOST`).
    #[inline]
    fn from(record: &'a Record) -> Self {
        if record.flags & IRQLINK_RECORD_LOST == 0 {
            return Event::Interrupt(record);
        }
        Event::Lost {
            source: record.source,
            first: record.payload[0],
            last: record.payload[1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_an_interrupt() {
        let record = Record {
            seq: 7,
            source: 3,
            ..Record::default()
        };
        assert_eq!(Event::from(&record), Event::Interrupt(&record));
        assert_eq!(Event::from(&record).source(), 3);
    }

    #[test]
    fn a_record_with_the_lost_flag_is_a_range() {
        let record = Record {
            seq: 5,
            source: 3,
            flags: IRQLINK_RECORD_LOST,
            payload: [5, 9],
            ..Record::default()
        };
        assert_eq!(
            Event::from(&record),
            Event::Lost {
                source: 3,
                first: 5,
                last: 9
            }
        );
    }
}
