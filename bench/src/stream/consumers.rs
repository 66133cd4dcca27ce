//! Consumers of one source, a thread each, that count what they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use hdrhistogram::Histogram;
use irqlink::Event;
use irqlink::realtime::Request;
use nix::unistd::gettid;

use crate::clock;
use crate::environment::ThreadState;
use crate::error::{Error, Result};
use crate::path::Listener;
use crate::realtime;
use crate::stop;

/// Begins to listen, in the consumer's thread.
pub type Listen = Arc<dyn Fn() -> Result<Box<dyn Listener>> + Send + Sync>;

/// What consumers have got, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Events received.
    pub received: u64,
    /// Events reported lost.
    pub lost: u64,
    /// The least of the newest sequence numbers; 0 without consumers.
    pub newest: u64,
}

#[derive(Default)]
struct Shared {
    received: AtomicU64,
    lost: AtomicU64,
    newest: AtomicU64,
    stop: AtomicBool,
}

/// Running consumers.
pub struct Consumers(Vec<Consumer>);

/// How a consumer's thread is scheduled; `None` if the kernel does not tell.
type State = Option<ThreadState>;

struct Consumer {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<Histogram<u64>>>,
    state: State,
}

impl Consumers {
    /// Nobody.
    pub fn none() -> Self {
        Consumers(Vec::new())
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Starts so many; returns when all listen.
    ///
    /// # Errors
    /// Those of listening and of the real-time set-up.
    pub fn start(number: u32, listen: &Listen, setup: &Request, burst: u32) -> Result<Self> {
        let mut consumers = Consumers(Vec::new());
        for _ in 0..number {
            match Consumer::start(listen.clone(), setup.clone(), burst) {
                Ok(consumer) => consumers.0.push(consumer),
                Err(error) => {
                    // The reason comes first.
                    let _ = consumers.finish();
                    return Err(error);
                }
            }
        }
        Ok(consumers)
    }

    /// How the first of them is scheduled, and so all.
    pub fn state(&self) -> State {
        self.0.first().and_then(|one| one.state.clone())
    }

    /// What they have got so far.
    pub fn count(&self) -> Count {
        let all = self.0.iter().map(|one| Count {
            received: one.shared.received.load(Ordering::Acquire),
            lost: one.shared.lost.load(Ordering::Acquire),
            newest: one.shared.newest.load(Ordering::Acquire),
        });
        let add = |sum: Count, one: Count| Count {
            received: sum.received + one.received,
            lost: sum.lost + one.lost,
            newest: sum.newest.min(one.newest),
        };
        all.reduce(add).unwrap_or_default()
    }

    /// Ends them. Gives the time from the first event of each burst to its last, as the first of them saw
    /// it.
    ///
    /// # Errors
    /// What one of them ended of before.
    pub fn finish(self) -> Result<Histogram<u64>> {
        for one in &self.0 {
            one.shared.stop.store(true, Ordering::Release);
        }
        let ended: Vec<_> = self.0.into_iter().map(Consumer::join).collect();
        let mut bursts = ended.into_iter().collect::<Result<Vec<_>>>()?;
        bursts.truncate(1);
        Ok(bursts.pop().unwrap_or_else(histogram))
    }
}

impl Consumer {
    fn start(listen: Listen, setup: Request, burst: u32) -> Result<Self> {
        let shared = Arc::<Shared>::default();
        let (ready, is_ready) = sync_channel(1);
        let body = {
            let shared = shared.clone();
            move || consume(&listen, &setup, burst, &shared, ready)
        };
        let thread = thread::Builder::new()
            .name("consumer".into())
            .spawn(body)
            .map_err(Error::system("start a thread"))?;
        let mut consumer = Consumer {
            shared,
            thread,
            state: None,
        };
        match is_ready.recv() {
            Ok(state) => {
                consumer.state = state;
                Ok(consumer)
            }
            // It ended before it listened.
            Err(_) => Err(consumer.join().expect_err("one that listens says so")),
        }
    }

    fn join(self) -> Result<Histogram<u64>> {
        stop::wake_until_ended(&self.thread);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The thread's life.
fn consume(
    listen: &Listen,
    setup: &Request,
    burst: u32,
    shared: &Shared,
    ready: SyncSender<State>,
) -> Result<Histogram<u64>> {
    stop::leave_to_other_threads()?;
    let setup = realtime::apply(setup)?;
    let mut listener = listen()?;
    // The other side waits for it.
    let _ = ready.send(ThreadState::read(gettid(), &setup.steps));
    drop(ready);
    let mut count = Tally::new(burst);
    while !shared.stop.load(Ordering::Acquire) && !count.is_gone {
        listener.wait(&mut |event| {
            count.note(event);
            // Now: one that does not keep up does not come back from waiting.
            shared.received.store(count.received, Ordering::Release);
            shared.lost.store(count.lost, Ordering::Release);
            shared.newest.store(count.newest, Ordering::Release);
        })?;
    }
    Ok(count.bursts)
}

/// What one consumer has got.
struct Tally {
    burst: u64,
    /// When the burst that is coming began; 0 if it did not come from its beginning.
    began: u64,
    received: u64,
    lost: u64,
    newest: u64,
    is_gone: bool,
    bursts: Histogram<u64>,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 100_000_000_000, 3).expect("the bounds are in order")
}

impl Tally {
    fn new(burst: u32) -> Self {
        Tally {
            burst: burst.into(),
            began: 0,
            received: 0,
            lost: 0,
            newest: 0,
            is_gone: false,
            bursts: histogram(),
        }
    }

    fn note(&mut self, event: Event<'_>) {
        match event {
            Event::Interrupt(record) => {
                // Baselines do not say what they lost; the next number does.
                if self.newest != 0 && record.seq > self.newest + 1 {
                    self.lost += record.seq - self.newest - 1;
                    self.began = 0;
                }
                self.received += 1;
                self.newest = record.seq;
                // A simulated source begins its bursts at 1, and leaves none of their events out.
                let place = (record.seq - 1) % self.burst;
                if place == 0 {
                    self.began = record.time_ns;
                }
                if place == self.burst - 1 && self.began != 0 {
                    self.bursts
                        .saturating_record(clock::now().saturating_sub(self.began));
                    self.began = 0;
                }
            }
            Event::Lost { first, last, .. } => {
                self.lost += last - first + 1;
                self.newest = last;
                self.began = 0;
            }
            Event::Gone { .. } => self.is_gone = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use irqlink::abi::Record;

    use super::*;

    fn tally(burst: u32, seqs: &[u64]) -> Tally {
        let mut tally = Tally::new(burst);
        for seq in seqs {
            let record = Record {
                seq: *seq,
                time_ns: 1,
                ..Record::default()
            };
            tally.note(Event::Interrupt(&record));
        }
        tally
    }

    #[test]
    fn whole_bursts_are_timed() {
        assert_eq!(tally(4, &[1, 2, 3, 4, 5, 6, 7, 8]).bursts.len(), 2);
        assert_eq!(tally(1, &[1, 2, 3]).bursts.len(), 3);
    }

    #[test]
    fn a_burst_that_came_in_part_is_not() {
        assert_eq!(tally(4, &[3, 4, 5, 6, 7, 8]).bursts.len(), 1);
        let mut tally = tally(4, &[1, 2]);
        tally.note(Event::Lost {
            source: 1,
            first: 3,
            last: 3,
        });
        assert_eq!((tally.received, tally.lost, tally.newest), (2, 1, 3));
        assert!(tally.bursts.is_empty());
    }

    #[test]
    fn what_a_path_keeps_quiet_about_is_lost() {
        let tally = tally(4, &[5, 8, 9, 10, 11, 12]);
        assert_eq!((tally.received, tally.lost), (6, 2));
        assert_eq!(tally.bursts.len(), 1);
    }

    /// Events until it is asked to end.
    struct Endless(u64);

    impl Listener for Endless {
        fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
            self.0 += 1;
            let record = Record {
                seq: self.0,
                time_ns: 1,
                ..Record::default()
            };
            handler(Event::Interrupt(&record));
            Ok(())
        }
    }

    #[test]
    fn all_are_counted() {
        stop::install().unwrap();
        let listen: Listen = Arc::new(|| Ok(Box::new(Endless(0))));
        let consumers = Consumers::start(3, &listen, &Request::default(), 1).unwrap();
        while consumers.count().newest < 10 {
            thread::yield_now();
        }
        let count = consumers.count();
        assert!(count.received >= 30 && count.lost == 0, "{count:?}");
        assert!(consumers.finish().unwrap().len() >= 10);
    }

    #[test]
    fn one_that_cannot_listen_is_an_error() {
        let listen: Listen = Arc::new(|| Err(irqlink::Error::ModuleMissing.into()));
        assert!(Consumers::start(2, &listen, &Request::default(), 1).is_err());
    }
}
