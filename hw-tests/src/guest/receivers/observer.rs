//! Observers overhear all sources, without a registration, and see what they have missed.

use std::os::fd::{AsFd, AsRawFd};
use std::thread;

use irqlink::abi::IRQLINK_MCGRP_EVENTS;
use irqlink::netlink::Socket;
use irqlink::{ConsumerKind, Control, Error, Observer};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};

use crate::board::*;
use crate::removal::let_it_sleep;

/// Bytes that have room for every event of a test.
const ROOM: Option<usize> = Some(1 << 20);

pub fn tests() -> Vec<Trial> {
    trials!("receivers":
        an_observer_gets_each_event_of_every_source,
        an_observer_without_room_sees_what_it_missed,
        an_observer_begins_with_what_comes_next,
        who_never_joined_silences_nobody_by_leaving,
        observing_takes_a_capability,
        another_network_namespace_has_no_events,
    )
}

/// What was given of one source.
fn of(source: u32, given: &[Given]) -> Vec<Given> {
    let is_its =
        |one: &&Given| matches!(one, Given::Interrupt(record, _) if record.source == source);
    given.iter().filter(is_its).cloned().collect()
}

fn an_observer_gets_each_event_of_every_source() -> Outcome {
    const COUNT: u64 = 100;
    let mut observer = Observer::open(ROOM)?;
    let boards = [Board::open(SOURCE)?, Board::open("edu1")?];
    let heads = [boards[0].head()?, boards[1].head()?];
    for _ in 0..COUNT {
        for board in &boards {
            board.raise()?;
        }
    }
    let given = receive(&mut observer, |given| given.len() as u64 >= 2 * COUNT)?;
    for (board, head) in boards.iter().zip(heads) {
        let source = board.device().source();
        exactly(&of(source, &given), head + 1, head + COUNT)?;
        let ledger = ledger(source)?.ok_or("the ledger has no line for observers")?;
        ensure!(
            ledger == (COUNT, COUNT),
            "of {COUNT} events the ledger says (raised, delivered) {ledger:?}"
        );
    }
    Ok(())
}

/// What the ledger says of observers: raised, delivered.
fn ledger(source: u32) -> Result<Option<(u64, u64)>, Failed> {
    let consumers = Control::open()?.consumers(Some(source))?;
    let mut observers = consumers
        .iter()
        .filter(|one| one.kind == ConsumerKind::Observers);
    Ok(observers.next().map(|one| (one.raised, one.delivered)))
}

fn an_observer_without_room_sees_what_it_missed() -> Outcome {
    const COUNT: u64 = 300;
    let mut observer = Observer::open(Some(1))?;
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    board.raise_many(COUNT as usize)?;
    let mut given = drain(&mut observer)?;
    // The loss at the end shows with the next event.
    board.raise()?;
    given.append(&mut receive_to(&mut observer, first + COUNT)?);
    let (received, lost) = tile(&given, first, first + COUNT)?;
    ensure!(
        received > 1 && lost > 0,
        "received {received} and missed {lost} of {COUNT} with the smallest buffer"
    );
    Ok(())
}

/// Not with what was raised while nobody was there.
fn an_observer_begins_with_what_comes_next() -> Outcome {
    let board = Board::open(SOURCE)?;
    drop(Observer::open(None)?);
    board.raise_many(3)?;
    // Linux before 6.9 tells nobody who joins: what is yet to be delivered then would come, too.
    let_it_sleep();
    let mut observer = Observer::open(None)?;
    board.raise()?;
    let head = board.head()?;
    exactly(&receive_to(&mut observer, head)?, head, head)
}

/// Leaving a group takes neither a right nor a membership, and the kernel tells the family of it.
fn who_never_joined_silences_nobody_by_leaving() -> Outcome {
    let board = Board::open(SOURCE)?;
    let mut observer = Observer::open(ROOM)?;
    hears(&mut observer, &board)?;
    // As often as one has joined, once without a capability, and once more.
    leave_events()?;
    hears(&mut observer, &board)?;
    in_a_thread(|| {
        give_up_capabilities()?;
        leave_events()
    })?;
    hears(&mut observer, &board)?;
    leave_events()?;
    hears(&mut observer, &board)?;
    drop(observer);
    hears(&mut Observer::open(ROOM)?, &board)
}

/// An event that is raised now comes, and nothing else.
fn hears(observer: &mut Observer, board: &Board) -> Outcome {
    board.raise()?;
    let head = board.head()?;
    exactly(&receive_to(observer, head)?, head, head)
}

/// Has a new socket leave the group of the events, which it is not in.
fn leave_events() -> Outcome {
    let group = Control::open()?.family().group(IRQLINK_MCGRP_EVENTS);
    let group = group.ok_or("the family has no such group")?;
    let socket = Socket::open()?;
    let level = libc::SOL_NETLINK;
    // SAFETY: the option is a u32 that lives until the call has returned (netlink(7)).
    let left = unsafe {
        let option = (&raw const group).cast();
        let size = size_of_val(&group) as u32;
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            libc::NETLINK_DROP_MEMBERSHIP,
            option,
            size,
        )
    };
    Errno::result(left)?;
    Ok(())
}

/// Of this thread only, unlike the C library's call.
fn give_up_capabilities() -> Outcome {
    // SAFETY: the arguments are integers.
    Errno::result(unsafe { libc::syscall(libc::SYS_setresuid, 65534, 65534, 65534) })?;
    Ok(())
}

fn observing_takes_a_capability() -> Outcome {
    let opened = in_a_thread(|| {
        give_up_capabilities()?;
        Ok(Observer::open(None).map(drop))
    })?;
    match opened {
        Err(Error::Refused {
            errno: Errno::EPERM,
            text: Some(text),
            ..
        }) if text.contains("CAP_NET_ADMIN") => Ok(()),
        other => Err(format!("without the capability: {other:?}").into()),
    }
}

fn another_network_namespace_has_no_events() -> Outcome {
    let board = Board::open(SOURCE)?;
    let given = in_a_thread(move || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        let mut elsewhere = Observer::open(None)?;
        board.raise_many(3)?;
        drain(&mut elsewhere)
    })?;
    ensure!(given.is_empty(), "it was given {given:?}");
    Ok(())
}

fn in_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    thread::spawn(work)
        .join()
        .map_err(|_| "the thread panicked")?
}
