//! The floor: a timer wake-up, as cyclictest measures it. No device, no driver, nothing to read.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use irqlink::abi::Record;
use irqlink::{Event, Source};
use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};

use super::{Listener, Path, Taken};
use crate::clock;
use crate::error::{Error, Result};
use crate::trigger::Raise;

/// From the request to the expiry: enough to fall asleep.
const AHEAD: Duration = Duration::from_millis(1);

pub struct Timer;

impl Path for Timer {
    fn name(&self) -> &'static str {
        "timer"
    }

    fn summary(&self) -> &'static str {
        "floor: clock_nanosleep, as cyclictest; from the expiry asked for, without a device"
    }

    fn missing(&self, _: &Source) -> Option<String> {
        None
    }

    fn take(&self, _: &Source) -> Result<Taken> {
        let (ours, sleepers) = UnixStream::pair().map_err(Error::system("make a socket"))?;
        Ok(Taken {
            raise: Box::new(Requests {
                stream: ours,
                made: 0,
            }),
            listen: Box::new(|| {
                Ok(Box::new(Sleeper {
                    stream: sleepers,
                    woken: 0,
                }))
            }),
        })
    }
}

/// Asks the sleeper to wake up at a time.
struct Requests {
    stream: UnixStream,
    made: u64,
}

impl Raise for Requests {
    fn raise(&mut self) -> Result<()> {
        let expiry = clock::now() + AHEAD.as_nanos() as u64;
        self.stream
            .write_all(&expiry.to_ne_bytes())
            .map_err(Error::system("ask for a wake-up"))?;
        self.made += 1;
        // The CPU is awake when the timer expires, as it is when a device is triggered.
        while clock::now() < expiry {}
        Ok(())
    }

    fn head(&self) -> Result<u64> {
        Ok(self.made)
    }
}

/// Sleeps until the times that it is asked for.
struct Sleeper {
    stream: UnixStream,
    woken: u64,
}

impl Listener for Sleeper {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let mut expiry = [0; 8];
        match self.stream.read(&mut expiry) {
            Ok(8) => {}
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                return Err(Error::system("wait for a request")(error));
            }
            _ => return Ok(()),
        }
        let expiry = u64::from_ne_bytes(expiry);
        sleep_until(expiry)?;
        self.woken += 1;
        handler(Event::Interrupt(&Record {
            seq: self.woken,
            trigger_ns: expiry,
            ..Record::default()
        }));
        Ok(())
    }
}

/// Until that time of CLOCK_MONOTONIC in ns, whatever signals come.
#[inline]
fn sleep_until(expiry: u64) -> Result<()> {
    let time = TimeSpec::from_duration(Duration::from_nanos(expiry));
    loop {
        let flags = ClockNanosleepFlags::TIMER_ABSTIME;
        match clock_nanosleep(ClockId::CLOCK_MONOTONIC, flags, &time) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::system("sleep")(errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_wakes_once_and_not_before_its_time() {
        let Taken { mut raise, listen } = Timer.take(&Source::default()).unwrap();
        let mut listener = listen().unwrap();
        for seq in 1..=3 {
            raise.raise().unwrap();
            let mut events = Vec::new();
            listener
                .wait(&mut |event| match event {
                    Event::Interrupt(record) => events.push(*record),
                    other => panic!("{other:?}"),
                })
                .unwrap();
            assert_eq!((events.len(), events[0].seq), (1, seq));
            assert_eq!((events[0].time_ns, raise.head().unwrap()), (0, seq));
            assert!(clock::now() >= events[0].trigger_ns);
        }
    }
}
