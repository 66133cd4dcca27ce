//! Debouncing: an edge is an event once the line has been still for the time.

use std::thread;
use std::time::Duration;

use irqlink::abi::Record;
use irqlink::{Access, Device, Edges};
use libtest_mimic::Failed;

use super::test_chip::TestChip;
use super::{Controller, Kind, Line, gpio, is_up, on_each_kind, on_test_chip, records};
use crate::board::*;
use crate::guard::{UNTIL_ACK, set};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = on_test_chip!("gpio":
        a_controller_that_debounces_does_so_itself,
    );
    tests.extend(on_each_kind!(
        bounces_are_one_event_or_none,
        a_still_line_gives_each_edge,
        one_direction_only_debounced,
        what_changed_while_it_was_masked_is_seen,
    ));
    tests
}

/// So long that a burst is without a pause of this length, even if the CPU is emulated.
const LONG: Duration = Duration::from_millis(300);
const SHORT: Duration = Duration::from_millis(5);

fn debounced(chip: &dyn Controller, edges: Edges, time: Duration) -> Result<Line, Failed> {
    Ok(Line::request(gpio(chip, 0, edges, Some(time)))?)
}

/// Pulls line 0 and gives the times before and after.
fn pull(chip: &dyn Controller, up: bool) -> Result<(u64, u64), Failed> {
    let before = now()?;
    chip.pull(0, up)?;
    Ok((before, now()?))
}

/// Toggles line 0 that many times, the first time as said; gives when it did last. None if
/// there was a pause, as the host had other things to do.
fn bounce(chip: &dyn Controller, times: u32, up: bool) -> Result<Option<(u64, u64)>, Failed> {
    let mut last = pull(chip, up)?;
    let mut was_busy = true;
    for turn in 1..times {
        let this = pull(chip, up == (turn % 2 == 0))?;
        was_busy &= u128::from(this.1 - last.0) < LONG.as_nanos();
        last = this;
    }
    Ok(was_busy.then_some(last))
}

/// Checks the event of an edge that was made between two times.
fn is_edge(record: &Record, up: bool, made: (u64, u64), time: Duration) -> Outcome {
    ensure!(
        is_up(record)? == up && record.payload[0] == 0,
        "not the edge that was made: {record:?}"
    );
    ensure!(
        (made.0..=made.1).contains(&record.trigger_ns),
        "the edge came in {made:?}: {record:?}"
    );
    ensure!(
        u128::from(record.time_ns - record.trigger_ns) >= time.as_nanos(),
        "sooner than {time:?}: {record:?}"
    );
    Ok(())
}

fn bounces_are_one_event_or_none(chip: &dyn Controller, _: &Kind) -> Outcome {
    for _ in 0..10 {
        let line = debounced(chip, Edges::Both, LONG)?;
        let mut reader = line.reader()?;
        // The line is low before, and high afterwards.
        let Some(made) = bounce(chip, 21, true)? else {
            // The line must be low again, and that must be what the next one begins with.
            chip.pull(0, false)?;
            continue;
        };
        let given = records(&receive_to(&mut reader, 1)?, true)?;
        is_edge(&given[0], true, made, LONG)?;

        // It is high before and afterwards.
        let Some(_) = bounce(chip, 20, false)? else {
            drop(line);
            chip.pull(0, false)?;
            continue;
        };
        thread::sleep(LONG * 2);
        ensure!(line.raised()? == 1, "{} events", line.raised()?);

        let made = pull(chip, false)?;
        let given = records(&receive_to(&mut reader, 2)?, true)?;
        return is_edge(&given[0], false, made, LONG);
    }
    Err("each burst was interrupted".into())
}

fn a_still_line_gives_each_edge(chip: &dyn Controller, _: &Kind) -> Outcome {
    const COUNT: u64 = 30;
    let line = debounced(chip, Edges::Both, SHORT)?;
    let (mut reader, mut agent) = (line.reader()?, line.agent()?);
    let mut all = Vec::new();
    for seq in 1..=COUNT {
        let made = pull(chip, seq % 2 == 1)?;
        let given = receive_to(&mut reader, seq)?;
        exactly(&given, seq, seq)?;
        let given = records(&given, true)?;
        is_edge(&given[0], seq % 2 == 1, made, SHORT)?;
        all.extend(given);
    }
    let by_netlink = receive_to(&mut agent, COUNT)?;
    ensure!(
        records(&by_netlink, true)? == all,
        "netlink gave other records than read"
    );
    Ok(())
}

/// The line must be seen to be low before it is high again: of that there is no event.
fn one_direction_only_debounced(chip: &dyn Controller, _: &Kind) -> Outcome {
    for (edges, up) in [(Edges::Rising, true), (Edges::Falling, false)] {
        chip.pull(0, !up)?;
        let line = debounced(chip, edges, SHORT)?;
        let mut reader = line.reader()?;
        let mut given = Vec::new();
        wait_until("ten edges come", || {
            for level in [up, !up] {
                chip.pull(0, level)?;
                thread::sleep(SHORT * 4);
            }
            given.append(&mut drain(&mut reader)?);
            Ok(given.len() >= 10)
        })?;
        for record in records(&given, true)? {
            ensure!(is_up(&record)? == up, "the other direction: {record:?}");
        }
    }
    Ok(())
}

/// Whether or not the controller remembers an edge that it may not tell of.
fn what_changed_while_it_was_masked_is_seen(chip: &dyn Controller, _: &Kind) -> Outcome {
    let line = debounced(chip, Edges::Both, SHORT)?;
    let mut reader = line.reader()?;
    let device = Device::open(&line.source.name, Access::ReadWrite)?;
    set(device.source(), UNTIL_ACK)?;
    chip.pull(0, true)?;
    for seq in 1..=10 {
        let given = receive_to(&mut reader, seq)?;
        exactly(&given, seq, seq)?;
        let up = is_up(&records(&given, true)?[0])?;
        // It is masked now.
        chip.pull(0, !up)?;
        thread::sleep(SHORT * 4);
        ensure!(line.raised()? == seq, "an event came while it was masked");
        device.ack()?;
    }
    Ok(())
}

/// Nothing is left to software then: the test's controller passes every edge on.
fn a_controller_that_debounces_does_so_itself() -> Outcome {
    let chip = TestChip::new("debounces=1")?;
    let line = debounced(&chip, Edges::Both, Duration::from_secs(10))?;
    let mut reader = line.reader()?;
    for seq in 1..=10 {
        chip.pull(0, seq % 2 == 1)?;
    }
    let given = receive_to(&mut reader, 10)?;
    exactly(&given, 1, 10)?;
    records(&given, false).map(drop)
}
