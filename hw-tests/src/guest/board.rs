//! What the tests share: the board's sources, and ways to raise and to receive.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use irqlink::abi::Record;
use irqlink::{Access, Consumer, Control, Device, Error, Event, Progress, Receiver};
use irqlink_hw_tests::job::MODULE_DIR;
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::time::{ClockId, clock_gettime};

pub use crate::trial::Trial;

/// Result of a test.
pub type Outcome = Result<(), Failed>;

/// How long anything may take that is bound to happen. Generous: the CPU may be emulated.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The source that most tests use.
pub const SOURCE: &str = "edu0";

/// Why tests cannot be run that need the lab's own board: its devices, its monitor, its modules' files.
pub fn is_not_the_labs() -> Option<String> {
    let modules = Path::new(MODULE_DIR);
    (!modules.exists()).then(|| "this is not the lab's board".to_owned())
}

/// Fails the test unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+).into());
        }
    };
}
pub(crate) use ensure;

/// The trials of a topic: each function under its own name.
macro_rules! trials {
    ($topic:literal: $($test:ident),+ $(,)?) => {
        vec![$($crate::board::trial(concat!($topic, "::", stringify!($test)), $test)),+]
    };
}
pub(crate) use trials;

/// One test.
pub fn trial(name: &str, test: fn() -> Outcome) -> Trial {
    Trial::test(name, test)
}

/// CLOCK_MONOTONIC in ns, as the kernel stamps interrupts.
pub fn now() -> io::Result<u64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64)
}

/// Waits for something that happens in its own time.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> Result<bool, Failed>) -> Outcome {
    let deadline = Instant::now() + LIMIT;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// A source whose interrupts the test raises.
pub struct Board {
    device: Device,
}

impl Board {
    /// Opens a source for raising.
    pub fn open(source: &str) -> Result<Board, Failed> {
        let device = Device::open(source, Access::ReadWrite)?;
        Ok(Board { device })
    }

    /// The open device file.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Sequence number of the newest event.
    pub fn head(&self) -> Result<u64, Failed> {
        Ok(self.device.info()?.head)
    }

    /// Raises one interrupt and waits until the log has it, so that the device does not merge
    /// it with the next.
    pub fn raise(&self) -> Outcome {
        let head = self.head()?;
        self.device.trigger()?;
        let deadline = Instant::now() + LIMIT;
        while self.head()? == head {
            ensure!(Instant::now() < deadline, "the interrupt did not come");
        }
        Ok(())
    }

    /// Raises that many interrupts.
    pub fn raise_many(&self, count: usize) -> Outcome {
        (0..count).try_for_each(|_| self.raise())
    }

    /// The ledger of the netlink agent with that port, if it is registered.
    pub fn agent(&self, port: u32) -> Result<Option<Consumer>, Failed> {
        let consumers = Control::open()?.consumers(Some(self.device.source()))?;
        Ok(consumers.into_iter().find(|one| one.port == port))
    }
}

/// What a consumer was given, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// An interrupt, and when it arrived (CLOCK_MONOTONIC, ns).
    Interrupt(Record, u64),
    /// A range that was lost.
    Lost(u64, u64),
    /// The end.
    Gone,
}

impl Given {
    fn new(event: Event<'_>) -> Given {
        match event {
            Event::Interrupt(record) => Given::Interrupt(*record, now().unwrap_or(0)),
            Event::Lost { first, last, .. } => Given::Lost(first, last),
            Event::Gone { .. } => Given::Gone,
        }
    }
}

/// Drains a receiver without waiting.
pub fn drain(receiver: &mut dyn Receiver) -> Result<Vec<Given>, Failed> {
    let mut given = Vec::new();
    while receiver.drain(&mut |event| given.push(Given::new(event)))? == Progress::More {}
    Ok(given)
}

/// Receives until `enough` says so, sleeping in between.
pub fn receive(
    receiver: &mut dyn Receiver,
    enough: impl Fn(&[Given]) -> bool,
) -> Result<Vec<Given>, Failed> {
    let deadline = Instant::now() + LIMIT;
    let mut given = drain(receiver)?;
    while !enough(&given) {
        let left = deadline.saturating_duration_since(Instant::now());
        ensure!(
            !left.is_zero(),
            "only this arrived: {:?}",
            summary(&given, 12)
        );
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let ready = poll(
            &mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)],
            timeout,
        );
        if ready == Err(Errno::EINTR) {
            continue;
        }
        ready?;
        given.append(&mut drain(receiver)?);
    }
    Ok(given)
}

/// Receives until the event with that sequence number has arrived or was reported lost.
pub fn receive_to(receiver: &mut dyn Receiver, last: u64) -> Result<Vec<Given>, Failed> {
    receive(receiver, |given| match given.last() {
        Some(Given::Interrupt(record, _)) => record.seq >= last,
        Some(Given::Lost(_, end)) => *end >= last,
        Some(Given::Gone) => true,
        None => false,
    })
}

/// Fails unless the events and the lost ranges are exactly first..=last, in order. Returns how
/// many of each.
pub fn tile(given: &[Given], first: u64, last: u64) -> Result<(u64, u64), Failed> {
    let (mut next, mut received, mut lost) = (first, 0, 0);
    for one in given {
        let (begin, end) = match one {
            Given::Interrupt(record, _) => (record.seq, record.seq),
            Given::Lost(begin, end) => (*begin, *end),
            Given::Gone => continue,
        };
        ensure!(
            begin == next && end >= begin,
            "{next} should come, but {begin}..={end} did, in {:?}",
            summary(given, 12)
        );
        match one {
            Given::Interrupt(..) => received += 1,
            _ => lost += end - begin + 1,
        }
        next = end + 1;
    }
    ensure!(
        next == last + 1,
        "it ended before {next}, but {last} events were raised"
    );
    Ok((received, lost))
}

/// Fails if anything was lost, came twice, late or out of order.
pub fn exactly(given: &[Given], first: u64, last: u64) -> Outcome {
    let (_, lost) = tile(given, first, last)?;
    ensure!(lost == 0, "{lost} events were lost");
    Ok(())
}

/// Fails unless the kernel refused with this error number and these words.
pub fn refused<T>(result: irqlink::Result<T>, errno: Errno, words: &str) -> Outcome {
    match result.map(drop) {
        Err(Error::Refused {
            errno: given,
            text: Some(text),
            ..
        }) if given == errno && text.contains(words) => Ok(()),
        other => Err(format!("expected {errno:?} {words:?}, got {other:?}").into()),
    }
}

/// The first and last sequence numbers, for messages.
fn summary(given: &[Given], most: usize) -> Vec<String> {
    let mut words: VecDeque<String> = given
        .iter()
        .map(|one| match one {
            Given::Interrupt(record, _) => record.seq.to_string(),
            Given::Lost(first, last) => format!("lost {first}..={last}"),
            Given::Gone => "gone".into(),
        })
        .collect();
    while words.len() > most {
        words.remove(most / 2);
    }
    words.into()
}
