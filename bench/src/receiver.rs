//! The receiver: a thread that sleeps until an event comes, and notes it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, sync_channel};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use irqlink::Event;
use irqlink::abi::Record;
use irqlink::realtime::{Request, Step};
use nix::unistd::{Pid, gettid};

use crate::clock;
use crate::environment::{ThreadState, is_asleep};
use crate::error::{Error, Result};
use crate::path::{Listen, Listener, Path};
use crate::realtime;
use crate::recorder::Recorder;
use crate::stop;

/// What the receiver and the side that triggers tell each other.
#[derive(Default)]
struct Shared {
    /// Sequence number of the newest event handled.
    newest: AtomicU64,
    /// Sequence number of the first event that counts; those before are warm-up.
    from: AtomicU64,
    /// When the newest event was triggered, `CLOCK_MONOTONIC` in ns.
    trigger: AtomicU64,
    /// The receiver shall end.
    stop: AtomicBool,
    /// The receiver has ended.
    ended: AtomicBool,
}

/// What a thread says when it listens.
struct Ready {
    id: Pid,
    setup: Vec<Step>,
}

/// Where a thread says that it listens, and waits until it may go on.
struct Gate {
    ready: SyncSender<Ready>,
    /// Ends when the other side lets go of it.
    held: mpsc::Receiver<()>,
}

/// A running receiver. It ends when it is dropped.
pub struct Receiver {
    thread: Option<JoinHandle<Result<Recorder>>>,
    shared: Arc<Shared>,
    path: &'static dyn Path,
    stat: File,
    /// Its scheduling, read back.
    pub state: Option<ThreadState>,
}

/// What came of waiting for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was handled.
    Handled,
    /// It did not come in time.
    TimedOut,
    /// The receiver has ended; [`Receiver::finish`] tells why.
    Ended,
}

impl Receiver {
    /// Starts a receiver on a path; returns when it listens. The calling thread is the one that
    /// is told of each event. `prepare` is given the receiver's thread while that does nothing: one that
    /// spins at a real-time priority keeps RCU from its work on PREEMPT_RT, and who waits for that waits
    /// for ever.
    ///
    /// # Errors
    /// Those of the path and of `prepare`, and [`Error::RealTime`].
    pub fn start<T>(
        path: &'static dyn Path,
        source: &str,
        listen: Listen,
        setup: &Request,
        recorder: Recorder,
        prepare: impl FnOnce(Pid) -> Result<T>,
    ) -> Result<(T, Self)> {
        let shared = Arc::new(Shared {
            from: AtomicU64::new(u64::MAX),
            ..Shared::default()
        });
        let (ready, is_ready) = sync_channel(1);
        let (hold, held) = sync_channel(0);
        let thread = {
            let (shared, source, setup) = (shared.clone(), source.to_owned(), setup.clone());
            let trigger = thread::current();
            let body = move || {
                let gate = Gate { ready, held };
                let recorder = receive(listen, &source, &setup, recorder, &shared, &trigger, gate);
                shared.ended.store(true, Ordering::Release);
                trigger.unpark();
                recorder
            };
            thread::Builder::new()
                .name(path.name().into())
                .spawn(body)
                .map_err(Error::system("start a thread"))?
        };
        let Ok(Ready { id, setup }) = is_ready.recv() else {
            // It ended before it listened.
            return Err(join(thread).expect_err("a receiver that listens says so"));
        };
        let stat = File::open(format!("/proc/self/task/{id}/stat")).map_err(Error::system(
            "see whether a thread sleeps; is /proc mounted?",
        ))?;
        let receiver = Receiver {
            thread: Some(thread),
            shared,
            path,
            stat,
            state: ThreadState::read(id, &setup),
        };
        let prepared = prepare(id);
        drop(hold);
        Ok((prepared?, receiver))
    }

    /// Its path.
    pub fn path(&self) -> &'static dyn Path {
        self.path
    }

    /// Waits until the receiver is asleep, if it sleeps at all.
    ///
    /// # Errors
    /// [`Error::NeverAsleep`] after `limit`.
    pub fn until_waiting(&self, limit: Duration) -> Result<()> {
        if !self.path.sleeps() {
            return Ok(());
        }
        let deadline = Instant::now() + limit;
        let mut bytes = [0; 512];
        loop {
            let length = self.stat.read_at(&mut bytes, 0).unwrap_or(0);
            let stat = String::from_utf8_lossy(&bytes[..length]);
            if is_asleep(&stat) || self.shared.ended.load(Ordering::Acquire) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Error::NeverAsleep {
                    path: self.path.name(),
                    seconds: limit.as_secs_f64(),
                });
            }
            thread::sleep(Duration::from_micros(50));
        }
    }

    /// Waits until the event with that sequence number was handled.
    pub fn until_handled(&self, sequence: u64, limit: Duration) -> Arrival {
        let deadline = Instant::now() + limit;
        loop {
            if self.shared.newest.load(Ordering::Acquire) >= sequence {
                return Arrival::Handled;
            }
            if self.shared.ended.load(Ordering::Acquire) {
                return Arrival::Ended;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Arrival::TimedOut;
            }
            thread::park_timeout(left);
        }
    }

    /// Events from this sequence number on count.
    pub fn count_from(&self, sequence: u64) {
        self.shared.from.store(sequence, Ordering::Release);
    }

    /// The next event is triggered at this time, `CLOCK_MONOTONIC` in ns: right now.
    pub fn trigger_at(&self, time: u64) {
        self.shared.trigger.store(time, Ordering::Release);
    }

    /// Ends the receiver.
    ///
    /// # Errors
    /// What it ended of before.
    pub fn finish(mut self) -> Result<Recorder> {
        join(self.stop().expect("it is stopped once"))
    }

    fn stop(&mut self) -> Option<JoinHandle<Result<Recorder>>> {
        let thread = self.thread.take()?;
        self.shared.stop.store(true, Ordering::Release);
        stop::wake_until_ended(&thread);
        Some(thread)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop();
    }
}

fn join(thread: JoinHandle<Result<Recorder>>) -> Result<Recorder> {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The thread's life.
fn receive(
    listen: Listen,
    source: &str,
    setup: &Request,
    mut recorder: Recorder,
    shared: &Shared,
    trigger: &Thread,
    Gate { ready, held }: Gate,
) -> Result<Recorder> {
    stop::leave_to_other_threads()?;
    let setup = realtime::apply(setup)?;
    let mut listener = listen()?;
    // The other side waits for it.
    let _ = ready.send(Ready {
        id: gettid(),
        setup: setup.steps.clone(),
    });
    drop(ready);
    // Nothing is sent.
    let _ = held.recv();
    while !shared.stop.load(Ordering::Acquire) {
        turn(&mut *listener, &mut recorder, shared, source)?;
        trigger.unpark();
    }
    Ok(recorder)
}

/// One sleep, and what woke it.
fn turn(
    listener: &mut dyn Listener,
    recorder: &mut Recorder,
    shared: &Shared,
    source: &str,
) -> Result<()> {
    let mut is_gone = false;
    listener.wait(&mut |event| {
        let now = clock::now();
        let from = shared.from.load(Ordering::Acquire);
        match event {
            // The source, or this path, does not stamp its trigger.
            Event::Interrupt(record) if record.trigger_ns == 0 => {
                let record = Record {
                    trigger_ns: shared.trigger.load(Ordering::Acquire),
                    ..*record
                };
                recorder.note(now, Event::Interrupt(&record), from);
            }
            event => recorder.note(now, event, from),
        }
        is_gone |= matches!(event, Event::Gone { .. });
    })?;
    shared.newest.store(recorder.newest(), Ordering::Release);
    match is_gone {
        true => Err(Error::Library(irqlink::Error::Gone {
            name: source.to_owned(),
        })),
        false => Ok(()),
    }
}
