//! The loop over device files that are pipes.

use std::os::fd::OwnedFd;

use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::raise;

use super::*;
use crate::device::Start;
use crate::file::FileReader;
use crate::testing::{allocations, device_and_feed, feed, line, records};

const LONG: Duration = Duration::from_secs(60);

fn reader() -> (FileReader, OwnedFd) {
    let (device, feed) = device_and_feed();
    (FileReader::new(device, Start::Next).unwrap(), feed)
}

#[test]
fn it_runs_until_the_handler_breaks_and_drops_what_follows() {
    let (mut reader, to) = reader();
    let mut events = EventLoop::new().unwrap();
    events.add(&mut reader).unwrap();
    feed(&to, &records(1..=5));
    let mut lines = Vec::new();
    let end = events.run(&mut [&mut reader], |event| {
        lines.push(line(event));
        if lines.len() == 3 {
            ControlFlow::Break("enough")
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(end.unwrap(), End::Break("enough"));
    assert_eq!(lines, ["1 at 1001", "2 at 1002", "3 at 1003"]);
}

#[test]
fn it_ends_by_the_timer() {
    let mut events = EventLoop::new().unwrap();
    events
        .set_timer(Some(Duration::from_micros(10)), false)
        .unwrap();
    let end = events.run(&mut [], |_| ControlFlow::<()>::Continue(()));
    assert_eq!(end.unwrap(), End::TimedOut);
}

#[test]
fn it_ends_by_a_signal_before_a_later_timer() {
    let mut events = EventLoop::new().unwrap();
    events.set_timer(Some(LONG), false).unwrap();
    raise(Signal::SIGTERM).unwrap();
    let end = events.run(&mut [], |_| ControlFlow::<()>::Continue(()));
    assert_eq!(end.unwrap(), End::Stopped);
}

#[test]
fn a_signal_is_told_though_a_receiver_fails_in_the_same_turn() {
    let (mut reader, to) = reader();
    let mut events = EventLoop::new().unwrap();
    events.add(&mut reader).unwrap();
    // What was added needs no announcement any more.
    drop(events.turn(&mut [&mut reader], &mut |_| {}));
    nix::unistd::write(&to, &[0; 72]).unwrap();
    raise(Signal::SIGTERM).unwrap();
    assert!(events.turn(&mut [&mut reader], &mut |_| {}).is_err());
    assert!(events.turn(&mut [], &mut |_| {}).unwrap().stop);
}

#[test]
fn a_signal_is_told_though_the_handler_breaks_in_the_same_turn() {
    let (mut reader, to) = reader();
    let mut events = EventLoop::new().unwrap();
    events.add(&mut reader).unwrap();
    feed(&to, &records([1]));
    raise(Signal::SIGINT).unwrap();
    let mut run = || events.run(&mut [&mut reader], |_| ControlFlow::Break(()));
    assert_eq!(run().unwrap(), End::Break(()));
    assert_eq!(run().unwrap(), End::Stopped);
}

#[test]
fn a_watched_descriptor_wakes_it() {
    let other = EventFd::from_flags(EfdFlags::EFD_NONBLOCK).unwrap();
    let mut events = EventLoop::new().unwrap();
    events.watch(&other).unwrap();
    other.write(1).unwrap();
    let wake = events.turn(&mut [], &mut |_| {}).unwrap();
    assert_eq!(
        wake,
        Wake {
            other: true,
            ..Wake::default()
        }
    );
}

#[test]
fn each_of_several_receivers_is_drained_and_a_cleared_one_is_not() {
    let (mut first, to_first) = reader();
    let (mut second, to_second) = reader();
    let mut events = EventLoop::new().unwrap();
    events.add(&mut first).unwrap();
    events.add(&mut second).unwrap();
    let mut seen = Vec::new();
    let mut turn = |events: &mut EventLoop, first: &mut FileReader, second: &mut FileReader| {
        seen.clear();
        events
            .set_timer(Some(Duration::from_millis(1)), false)
            .unwrap();
        while !events
            .turn(&mut [first, second], &mut |event| seen.push(line(event)))
            .unwrap()
            .timer
        {}
        seen.sort();
        seen.join(", ")
    };
    feed(&to_first, &records([1]));
    feed(&to_second, &records([2]));
    assert_eq!(
        turn(&mut events, &mut first, &mut second),
        "1 at 1001, 2 at 1002"
    );
    feed(&to_second, &records([3]));
    assert_eq!(turn(&mut events, &mut first, &mut second), "3 at 1003");
    events.clear(&mut [&mut first, &mut second]).unwrap();
    feed(&to_first, &records([4]));
    assert_eq!(turn(&mut events, &mut first, &mut second), "");
}

#[test]
fn no_turn_allocates() {
    let (mut reader, to) = reader();
    let mut events = EventLoop::new().unwrap();
    events.add(&mut reader).unwrap();
    let mut sum = 0;
    for round in 1..=8 {
        feed(&to, &records(1..=4));
        let allocations = allocations(|| {
            let mut handler = |event: Event<'_>| sum += u64::from(event.source());
            drop(events.turn(&mut [&mut reader], &mut handler));
        });
        assert_eq!((sum, allocations), (4 * round, 0));
    }
}
