//! Runs receivers on mio.

use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::receiver::{Progress, Receiver};

const STOP: Token = Token(usize::MAX - 1);
const TIMER: Token = Token(usize::MAX - 2);
const OTHER: Token = Token(usize::MAX - 3);

/// Why [`EventLoop::turn`] came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    /// Every receiver has ended.
    pub ended: bool,
    /// The process was asked to stop: `SIGINT` or `SIGTERM` came, now or before.
    pub stop: bool,
    /// The timer ran out.
    pub timer: bool,
    /// Another watched descriptor became readable.
    pub other: bool,
}

/// Why [`EventLoop::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<B> {
    /// The handler asked for it.
    Break(B),
    /// The process was asked to stop: `SIGINT` or `SIGTERM` came.
    Stopped,
    /// The timer ran out.
    TimedOut,
    /// Every receiver has ended.
    Ended,
}

/// Waits for receivers, a timer and the signals that ask a process to stop.
///
/// Receivers are not owned but given to each [`turn`](EventLoop::turn), always in the order in
/// which they were added, so that they can be used between turns.
#[derive(Debug)]
pub struct EventLoop {
    poll: Poll,
    events: Events,
    signals: SignalFd,
    timer: TimerFd,
    /// A signal came: it is announced once, and never taken.
    stop: bool,
    /// For each receiver, how far it came.
    progress: Vec<Progress>,
}

impl EventLoop {
    /// Blocks `SIGINT` and `SIGTERM` in this thread and waits for them too. Make it before any
    /// other thread starts.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> Result<Self> {
        let poll = Poll::new().map_err(Error::io("open an epoll"))?;
        let mut set = SigSet::empty();
        set.add(Signal::SIGINT);
        set.add(Signal::SIGTERM);
        set.thread_block().map_err(Error::system("block signals"))?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .map_err(Error::system("receive signals"))?;
        // mio rounds its timeouts up to milliseconds.
        let timer = TimerFd::new(
            ClockId::CLOCK_MONOTONIC,
            TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC,
        )
        .map_err(Error::system("open a timer"))?;
        let event_loop = EventLoop {
            poll,
            events: Events::with_capacity(16),
            signals,
            timer,
            stop: false,
            progress: Vec::new(),
        };
        event_loop.watch_fd(&event_loop.signals, STOP)?;
        event_loop.watch_fd(&event_loop.timer, TIMER)?;
        Ok(event_loop)
    }

    /// Adds a receiver.
    ///
    /// # Errors
    /// The system's.
    pub fn add(&mut self, receiver: &mut dyn Receiver) -> Result<()> {
        let token = Token(self.progress.len());
        receiver
            .register(self.poll.registry(), token, Interest::READABLE)
            .map_err(Error::io("wait for a receiver"))?;
        // What came before is not announced again.
        self.progress.push(Progress::More);
        Ok(())
    }

    /// Removes all receivers: these, in the order in which they were added.
    ///
    /// # Errors
    /// The system's.
    pub fn clear(&mut self, receivers: &mut [&mut dyn Receiver]) -> Result<()> {
        self.progress.clear();
        receivers.iter_mut().try_for_each(|receiver| {
            let gone = receiver.deregister(self.poll.registry());
            gone.map_err(Error::io("wait no longer for a receiver"))
        })
    }

    /// Waits for another descriptor too, see [`Wake::other`]. It ends with the descriptor.
    ///
    /// # Errors
    /// The system's.
    pub fn watch(&self, fd: &impl AsFd) -> Result<()> {
        self.watch_fd(fd, OTHER)
    }

    /// Sets the timer to run out once after `after`, or every `after`; `None` stops it.
    ///
    /// # Errors
    /// The system's.
    pub fn set_timer(&self, after: Option<Duration>, repeat: bool) -> Result<()> {
        let after = after.map(|after| TimeSpec::from(after.max(Duration::from_nanos(1))));
        let set = match (after, repeat) {
            (None, _) => self.timer.unset(),
            (Some(after), false) => self
                .timer
                .set(Expiration::OneShot(after), TimerSetTimeFlags::empty()),
            (Some(after), true) => self
                .timer
                .set(Expiration::Interval(after), TimerSetTimeFlags::empty()),
        };
        set.map_err(Error::system("set the timer"))
    }

    /// Waits until something happens, and drains the receivers that have something. Once the
    /// process was asked to stop, waits no more.
    ///
    /// # Errors
    /// Those of the receivers.
    pub fn turn(
        &mut self,
        receivers: &mut [&mut dyn Receiver],
        handler: &mut dyn FnMut(Event<'_>),
    ) -> Result<Wake> {
        let more = self.progress.contains(&Progress::More);
        let timeout = (more || self.stop).then_some(Duration::ZERO);
        if let Err(error) = self.poll.poll(&mut self.events, timeout) {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(Error::io("wait for events")(error));
            }
        }
        let mut wake = Wake::default();
        for event in &self.events {
            match event.token() {
                Token(index) if index < receivers.len() => {
                    let progress = receivers[index].drain(handler);
                    self.progress[index] =
                        progress.inspect_err(|_| self.stop |= announced(&self.events, STOP))?;
                }
                STOP => self.stop = true,
                TIMER => wake.timer = true,
                _ => wake.other = true,
            }
        }
        if more {
            self.drain_rest(receivers, handler)?;
        }
        wake.stop = self.stop;
        wake.timer = wake.timer && self.timer_ran_out()?;
        wake.ended = !self.progress.is_empty()
            && self
                .progress
                .iter()
                .all(|progress| *progress == Progress::Ended);
        Ok(wake)
    }

    /// Turns until the handler breaks, the process is asked to stop, the timer runs out, or
    /// every receiver has ended.
    ///
    /// # Errors
    /// Those of the receivers.
    pub fn run<B>(
        &mut self,
        receivers: &mut [&mut dyn Receiver],
        mut handler: impl FnMut(Event<'_>) -> ControlFlow<B>,
    ) -> Result<End<B>> {
        let mut flow = ControlFlow::Continue(());
        loop {
            let wake = self.turn(receivers, &mut |event| {
                if flow.is_continue() {
                    flow = handler(event);
                }
            })?;
            if let ControlFlow::Break(value) = flow {
                return Ok(End::Break(value));
            }
            if wake.stop {
                return Ok(End::Stopped);
            }
            if wake.timer {
                return Ok(End::TimedOut);
            }
            if wake.ended {
                return Ok(End::Ended);
            }
        }
    }

    /// Drains the receivers that said there was more, whether or not they were announced.
    fn drain_rest(
        &mut self,
        receivers: &mut [&mut dyn Receiver],
        handler: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        for (progress, receiver) in self.progress.iter_mut().zip(receivers) {
            if *progress == Progress::More {
                *progress = receiver.drain(handler)?;
            }
        }
        Ok(())
    }

    fn timer_ran_out(&self) -> Result<bool> {
        let mut expirations = [0; 8];
        match nix::unistd::read(&self.timer, &mut expirations) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN) => Ok(false),
            Err(errno) => Err(Error::system("read the timer")(errno)),
        }
    }

    fn watch_fd(&self, fd: &impl AsFd, token: Token) -> Result<()> {
        self.poll
            .registry()
            .register(
                &mut SourceFd(&fd.as_fd().as_raw_fd()),
                token,
                Interest::READABLE,
            )
            .map_err(Error::io("wait for a descriptor"))
    }
}

fn announced(events: &Events, token: Token) -> bool {
    events.iter().any(|event| event.token() == token)
}

#[cfg(test)]
mod tests;
