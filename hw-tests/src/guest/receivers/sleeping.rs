//! Threads that sleep in a system call of their own, or not at all.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use irqlink::{Access, BlockingReader, Device, Error, Receiver, RingReader, Start};

use libtest_mimic::Failed;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::board::*;
use crate::removal::{Spare, let_it_sleep};

pub fn tests() -> Vec<Trial> {
    trials!("receivers":
        the_waiting_ioctl_gives_each_event_once,
        the_waiting_ioctl_ends_with_its_device,
        a_blocking_reader_gets_each_event_once_and_the_end,
        a_spinning_reader_sees_each_event,
        each_exclusive_sleeper_is_woken,
    )
}

fn the_waiting_ioctl_gives_each_event_once() -> Outcome {
    const COUNT: u64 = 100;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let device = Device::open(SOURCE, Access::Read)?;
    let (arrived, arrivals) = mpsc::channel();
    let waiter = thread::spawn(move || -> irqlink::Result<()> {
        for _ in 0..COUNT {
            if let Some(record) = device.wait()? {
                let _ = arrived.send(record.seq);
            }
        }
        Ok(())
    });
    let_it_sleep();
    for seq in first..first + COUNT / 2 {
        board.raise()?;
        ensure!(arrivals.recv_timeout(LIMIT)? == seq, "{seq} did not come");
    }
    board.raise_many(COUNT as usize / 2)?;
    waiter.join().map_err(|_| "the waiter panicked")??;
    let rest: Vec<u64> = arrivals.iter().collect();
    ensure!(
        rest.iter().copied().eq(first + COUNT / 2..first + COUNT),
        "after the first half came {rest:?}"
    );
    Ok(())
}

fn the_waiting_ioctl_ends_with_its_device() -> Outcome {
    let mut spare = Spare::plug()?;
    let device = Device::open(&spare.name, Access::Read)?;
    let waiter = thread::spawn(move || device.wait());
    let_it_sleep();
    spare.unplug()?;
    let result = waiter.join().map_err(|_| "the waiter panicked")?;
    ensure!(
        matches!(result, Err(Error::Gone { .. })),
        "waiting gave {result:?}"
    );
    Ok(())
}

fn a_blocking_reader_gets_each_event_once_and_the_end() -> Outcome {
    const COUNT: u64 = 100;
    let mut spare = Spare::plug()?;
    let device = Device::open(&spare.name, Access::Read)?;
    let mut reader = BlockingReader::new(device, Start::Next)?;
    let sleeper = thread::spawn(move || -> irqlink::Result<Vec<String>> {
        let mut given = Vec::new();
        while reader.wait(&mut |event| given.push(format!("{:?}", Short(event))))? {}
        Ok(given)
    });
    let_it_sleep();
    let board = Board::open(&spare.name)?;
    board.raise_many(COUNT as usize)?;
    drop(board);
    spare.unplug()?;
    let given = sleeper.join().map_err(|_| "the sleeper panicked")??;
    let expected: Vec<String> = (1..=COUNT)
        .map(|seq| seq.to_string())
        .chain(["gone".into()])
        .collect();
    ensure!(given == expected, "it was given {given:?}");
    Ok(())
}

/// An event in a word.
struct Short<'a>(irqlink::Event<'a>);

impl std::fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            irqlink::Event::Interrupt(record) => write!(f, "{}", record.seq),
            irqlink::Event::Lost { first, last, .. } => write!(f, "lost {first}..={last}"),
            irqlink::Event::Gone { .. } => write!(f, "gone"),
        }
    }
}

fn a_spinning_reader_sees_each_event() -> Outcome {
    const COUNT: u64 = 50;
    let board = Board::open(SOURCE)?;
    let mut ring = RingReader::new(Device::open(SOURCE, Access::Read)?, Start::Next)?;
    ensure!(
        !ring.spin(Duration::from_millis(1)),
        "there is something before anything was raised"
    );
    let first = board.head()? + 1;
    let mut given = Vec::new();
    for _ in 0..COUNT {
        board.raise()?;
        ensure!(ring.spin(LIMIT), "it was not seen");
        given.append(&mut drain(&mut ring as &mut dyn Receiver)?);
    }
    exactly(&given, first, first + COUNT - 1)
}

/// `EPOLLEXCLUSIVE` is for those who share the work; two open files share nothing.
fn each_exclusive_sleeper_is_woken() -> Outcome {
    let board = Board::open(SOURCE)?;
    let sleepers = [exclusive_sleeper()?, exclusive_sleeper()?];
    let_it_sleep();
    board.raise()?;
    for sleeper in sleepers {
        let woken = sleeper.join().map_err(|_| "the sleeper panicked")??;
        ensure!(woken, "one of them slept on");
    }
    Ok(())
}

/// Sleeps on a file of its own until it is readable; gives whether it was in time.
fn exclusive_sleeper() -> Result<JoinHandle<nix::Result<bool>>, Failed> {
    let device = Device::open(SOURCE, Access::Read)?;
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE;
    epoll.add(&device, EpollEvent::new(flags, 0))?;
    Ok(thread::spawn(move || {
        let _open = device;
        let mut events = [EpollEvent::empty()];
        let limit = EpollTimeout::try_from(LIMIT / 4).unwrap_or(EpollTimeout::MAX);
        Ok(epoll.wait(&mut events, limit)? == 1)
    }))
}
