//! What the service knows of each source.

use std::fmt;

use irqlink::{Event, Source, Start};

/// One source that the service is to receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its number while registered, or while the registration can be taken up again.
    pub id: Option<u32>,
    /// Registered with the present connection.
    pub registered: bool,
    /// Where to begin when it is registered next.
    pub start: Start,
    interrupts: u64,
    lost: u64,
    registrations: u64,
}

impl Entry {
    /// A source that is received from `start` on.
    pub fn new(name: String, start: Start) -> Self {
        Entry {
            name,
            id: None,
            registered: false,
            start,
            interrupts: 0,
            lost: 0,
            registrations: 0,
        }
    }

    /// It was registered; the first event to come has this sequence number.
    pub fn register(&mut self, id: u32, first: u64) {
        self.id = Some(id);
        self.registered = true;
        self.registrations += 1;
        self.start = Start::At(first);
    }

    /// Whether its events come, as far as the sources tell that there are now. One that left while
    /// the socket was full is registered until its end comes, which may be never.
    pub fn listens(&self, sources: &[Source]) -> bool {
        self.registered && sources.iter().any(|source| Some(source.id) == self.id)
    }

    /// Takes an event of this source into account.
    pub fn note(&mut self, event: Event<'_>) {
        match event {
            Event::Interrupt(record) => {
                self.interrupts += 1;
                self.start = Start::At(record.seq + 1);
            }
            Event::Lost { first, last, .. } => {
                self.lost += last - first + 1;
                self.start = Start::At(last + 1);
            }
            Event::Gone { .. } => self.leave(),
        }
    }

    /// The source is not there; one that comes with its name has a log of its own.
    pub fn leave(&mut self) {
        self.id = None;
        self.registered = false;
        self.start = Start::Oldest;
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} interrupts received, {} lost, registered {} times",
            self.name, self.interrupts, self.lost, self.registrations
        )
    }
}

#[cfg(test)]
mod tests {
    use irqlink::abi::Record;

    use super::*;

    #[test]
    fn it_goes_on_after_what_was_handled() {
        let mut entry = Entry::new("edu0".into(), Start::Next);
        entry.register(1, 5);
        assert_eq!(entry.start, Start::At(5));
        entry.note(Event::Interrupt(&Record {
            seq: 5,
            ..Record::default()
        }));
        entry.note(Event::Lost {
            source: 1,
            first: 6,
            last: 9,
        });
        assert_eq!(entry.start, Start::At(10));
        assert!(
            entry
                .to_string()
                .contains("1 interrupts received, 4 lost, registered 1 times")
        );
    }

    #[test]
    fn one_that_left_unheard_does_not_listen() {
        let mut entry = Entry::new("edu0".into(), Start::Next);
        let source = |id| Source {
            id,
            ..Source::default()
        };
        assert!(!entry.listens(&[source(1)]));
        entry.register(1, 5);
        assert!(entry.listens(&[source(2), source(1)]));
        assert!(!entry.listens(&[]));
        assert!(!entry.listens(&[source(2)]));
    }

    #[test]
    fn a_source_that_returns_is_received_from_its_oldest_event() {
        let mut entry = Entry::new("edu0".into(), Start::Next);
        entry.register(1, 5);
        entry.note(Event::Gone { source: 1 });
        assert_eq!(
            (entry.start, entry.id, entry.registered),
            (Start::Oldest, None, false)
        );
    }
}
