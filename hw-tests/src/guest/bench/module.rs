//! irqlink_bench: what it follows may leave at any time, and so may it.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use irqlink::Sim;
use irqlink::abi::{RECORD_SIZE, Record};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::board::*;
use crate::removal::load;
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench_module":
        a_source_that_leaves_ends_what_follows_it,
        it_stays_while_its_file_in_procfs_is_open,
        it_unloads_while_it_follows_a_source,
        sources_are_chosen_and_left_in_a_storm,
        what_is_no_choice_is_refused,
    )
}

const SOURCE_FILE: &str = "/sys/kernel/irqlink_bench/source";
const EVENT_FILE: &str = "/sys/kernel/irqlink_bench/event";
const UDP_FILE: &str = "/sys/kernel/irqlink_bench/udp";
const PROC_FILE: &str = "/proc/irqlink_bench";

fn every(microseconds: u64) -> Sim {
    Sim::new(Duration::from_micros(microseconds))
}

fn choose(file: &str, what: &str) -> std::io::Result<()> {
    File::options()
        .write(true)
        .open(file)?
        .write_all(what.as_bytes())
}

fn follow_in_procfs(source: &str) -> std::io::Result<File> {
    let mut file = File::options().read(true).write(true).open(PROC_FILE)?;
    file.write_all(source.as_bytes())?;
    Ok(file)
}

/// A socket that gets the events of a source.
fn follow_by_udp(source: &str) -> Result<UdpSocket, Failed> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(LIMIT))?;
    let port = socket.local_addr()?.port();
    choose(UDP_FILE, &format!("{source} {port}"))?;
    Ok(socket)
}

fn record(read: impl FnOnce(&mut [u8]) -> std::io::Result<usize>) -> std::io::Result<Record> {
    let mut bytes = [0; RECORD_SIZE];
    let length = read(&mut bytes)?;
    match length {
        RECORD_SIZE => Ok(bytemuck::pod_read_unaligned(&bytes)),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// Waits until the attribute says that it has changed.
fn until_changed(event: &File) -> Outcome {
    let mut fds = [PollFd::new(event.as_fd(), PollFlags::POLLPRI)];
    let timeout = PollTimeout::try_from(LIMIT).unwrap_or(PollTimeout::MAX);
    ensure!(
        poll(&mut fds, timeout)? == 1,
        "the attribute did not change"
    );
    Ok(())
}

fn is_gone<T: std::fmt::Debug>(result: std::io::Result<T>) -> Outcome {
    let errno = result.as_ref().err().and_then(|error| error.raw_os_error());
    ensure!(errno == Some(Errno::ENODEV as i32), "it gave {result:?}");
    Ok(())
}

/// What was raised before arrives, and then the end, to whoever sleeps.
fn a_source_that_leaves_ends_what_follows_it() -> Outcome {
    const EVENTS: u64 = 3;
    let sim = Simulated::add(Sim {
        count: Some(EVENTS),
        ..every(200_000)
    })?;
    choose(SOURCE_FILE, sim.name())?;
    let mut file = follow_in_procfs(sim.name())?;
    let socket = follow_by_udp(sim.name())?;
    let event = File::open(EVENT_FILE)?;
    for seq in 1..=EVENTS {
        let read = record(|bytes| file.read(bytes))?;
        ensure!(read.seq == seq, "procfs gave {read:?}, not {seq}");
        let received = record(|bytes| socket.recv(bytes))?;
        ensure!(received == read, "UDP gave {received:?}, not {read:?}");
        let mut text = [0; 64];
        let length = event.read_at(&mut text, 0)?;
        let expected = format!("{} {} {}\n", read.seq, read.time_ns, read.trigger_ns);
        ensure!(
            &text[..length] == expected.as_bytes(),
            "sysfs gave {text:?}, not {expected}"
        );
    }

    let reader = std::thread::spawn(move || record(|bytes| file.read(bytes)));
    let watcher = std::thread::spawn(move || {
        until_changed(&event)?;
        is_gone(event.read_at(&mut [0; 64], 0))
    });
    crate::removal::let_it_sleep();
    sim.remove()?;
    is_gone(reader.join().map_err(|_| "the reader panicked")?)?;
    watcher.join().map_err(|_| "the watcher panicked")??;
    for file in [SOURCE_FILE, UDP_FILE] {
        choose(file, "\n")?;
    }
    Ok(())
}

fn it_stays_while_its_file_in_procfs_is_open() -> Outcome {
    let file = follow_in_procfs(SOURCE)?;
    let refused = delete_module(c"irqlink_bench", DeleteModuleFlags::O_NONBLOCK);
    ensure!(
        refused == Err(Errno::EWOULDBLOCK),
        "unloading it gave {refused:?}"
    );
    drop(file);
    delete_module(c"irqlink_bench", DeleteModuleFlags::O_NONBLOCK)?;
    load("irqlink_bench")
}

/// And while the attribute is open.
fn it_unloads_while_it_follows_a_source() -> Outcome {
    let sim = Simulated::add(every(100))?;
    for _ in 0..5 {
        choose(SOURCE_FILE, sim.name())?;
        let _socket = follow_by_udp(sim.name())?;
        let event = File::open(EVENT_FILE)?;
        until_changed(&event)?;
        delete_module(c"irqlink_bench", DeleteModuleFlags::O_NONBLOCK)?;
        is_gone(event.read_at(&mut [0; 64], 0))?;
        load("irqlink_bench")?;
    }
    Ok(())
}

fn sources_are_chosen_and_left_in_a_storm() -> Outcome {
    const TURNS: usize = 50;
    // Not so fast that they leave a slow kernel no time for anything else.
    let sims = [Simulated::add(every(500))?, Simulated::add(every(750))?];
    for turn in 0..TURNS {
        let name = sims[turn % 2].name();
        choose(SOURCE_FILE, name)?;
        let socket = follow_by_udp(name)?;
        let mut file = follow_in_procfs(name)?;
        let (read, sent) = (
            record(|bytes| file.read(bytes))?,
            record(|bytes| socket.recv(bytes))?,
        );
        let id = sims[turn % 2].id();
        ensure!(
            read.source == id && sent.source == id,
            "not of {id}: {read:?}, {sent:?}"
        );
    }
    let socket = follow_by_udp(sims[0].name())?;
    record(|bytes| socket.recv(bytes))?;
    drop(sims);
    for file in [SOURCE_FILE, UDP_FILE] {
        choose(file, "\n")?;
    }
    Ok(())
}

fn what_is_no_choice_is_refused() -> Outcome {
    for (file, what, expected) in [
        (SOURCE_FILE, "no-such-source", Errno::ENODEV),
        (UDP_FILE, "no-such-source 4242", Errno::ENODEV),
        (UDP_FILE, SOURCE, Errno::EINVAL),
        (UDP_FILE, "edu0 0", Errno::EINVAL),
        (UDP_FILE, "edu0 65537", Errno::EINVAL),
        (PROC_FILE, "no-such-source", Errno::ENODEV),
    ] {
        let refused = choose(file, what);
        let errno = refused
            .as_ref()
            .err()
            .and_then(|error| error.raw_os_error());
        ensure!(
            errno == Some(expected as i32),
            "{what:?} to {file} gave {refused:?}"
        );
    }
    let mut file = follow_in_procfs(SOURCE)?;
    let again = file.write_all(SOURCE.as_bytes());
    ensure!(
        again
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::ResourceBusy),
        "a second source gave {again:?}"
    );
    let small = file.read(&mut [0; 8]);
    ensure!(
        small
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::InvalidInput),
        "8 bytes gave {small:?}"
    );
    Ok(())
}
