//! The same edges seen by irqlink and by the GPIO character device, side by side.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use gpio_cdev::{Chip, EventRequestFlags, EventType, LineEvent, LineEventHandle, LineRequestFlags};
use irqlink::Edges;
use irqlink::abi::Record;
use libtest_mimic::Failed;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::test_chip::TestChip;
use super::{Controller, Kind, Line, is_up, on_each_kind, on_test_chip, records};
use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = on_test_chip!("path_length":
        stamps_are_as_near_to_the_edge_as_the_character_devices,
    );
    tests.extend(on_each_kind!(the_edges_are_those_of_the_character_device));
    tests
}

/// A line that is watched through the character device.
struct Other(LineEventHandle);

impl Other {
    fn watch(chip: &dyn Controller, line: u32) -> Result<Other, Failed> {
        let events = Chip::new(chip.path())?.get_line(line)?.events(
            LineRequestFlags::INPUT,
            EventRequestFlags::BOTH_EDGES,
            "irqlink-lab",
        )?;
        Ok(Other(events))
    }

    fn next(&mut self) -> Result<LineEvent, Failed> {
        // SAFETY: the handle outlives the look.
        let fd = unsafe { BorrowedFd::borrow_raw(self.0.as_raw_fd()) };
        let limit = PollTimeout::try_from(LIMIT).unwrap_or(PollTimeout::MAX);
        ensure!(
            poll(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], limit)? == 1,
            "the character device gave no edge"
        );
        Ok(self.0.get_event()?)
    }
}

fn next(line: &mut irqlink::FileReader, seq: u64, in_thread: bool) -> Result<Record, Failed> {
    let given = records(&receive_to(line, seq)?, in_thread)?;
    let [record] = given[..] else {
        return Err(format!("not one edge: {given:?}").into());
    };
    Ok(record)
}

/// Two lines pulled one after the other, one by irqlink and one by the character device: as many
/// edges on each, in turn, and the stamps are in turn as well.
fn the_edges_are_those_of_the_character_device(chip: &dyn Controller, kind: &Kind) -> Outcome {
    const COUNT: u64 = 200;
    let line = Line::add(chip, 0, Edges::Both)?;
    let mut reader = line.reader()?;
    let mut other = Other::watch(chip, 1)?;

    let mut before = 0;
    for seq in 1..=COUNT {
        let up = seq % 2 == 1;
        chip.pull(0, up)?;
        let ours = next(&mut reader, seq, kind.in_thread)?;
        chip.pull(1, up)?;
        let theirs = other.next()?;
        let theirs_up = theirs.event_type() == EventType::RisingEdge;
        ensure!(
            is_up(&ours)? == up && theirs_up == up,
            "{seq}: {ours:?} and {theirs:?}, but the line went up: {up}"
        );
        ensure!(
            before < ours.time_ns && ours.time_ns < theirs.timestamp(),
            "{seq}: {} is not between {before} and {}",
            ours.time_ns,
            theirs.timestamp()
        );
        before = theirs.timestamp();
    }
    Ok(())
}

/// One write pulls two lines, one after the other within the kernel; in half of the turns irqlink's
/// comes first. The first line's stamp is always the earlier, and in nine of ten turns the other's is at
/// most 10,000 instructions later: the way out of one interrupt, where the thread of the first runs, and
/// into the next. In the rest of the turns the kernel had other things to do in between.
fn stamps_are_as_near_to_the_edge_as_the_character_devices() -> Outcome {
    const COUNT: u64 = 100;
    const BOUND: u64 = 10_000;
    let chip = TestChip::new("")?;
    for (ours, theirs) in [(0, 1), (1, 0)] {
        let line = Line::add(&chip, ours, Edges::Both)?;
        let mut reader = line.reader()?;
        let mut other = Other::watch(&chip, theirs)?;
        let mut apart = Vec::new();
        for seq in 1..=COUNT {
            chip.set(if seq % 2 == 1 { 3 } else { 0 })?;
            let stamp = next(&mut reader, seq, false)?.time_ns;
            let other = other.next()?.timestamp();
            ensure!(
                (stamp < other) == (ours < theirs),
                "{seq}: line {ours} has {stamp}, line {theirs} {other}"
            );
            apart.push(stamp.abs_diff(other));
        }
        apart.sort_unstable();
        let most = apart[apart.len() * 9 / 10];
        ensure!(
            most <= BOUND,
            "with line {ours} irqlink's: {most} instructions apart"
        );
    }
    Ok(())
}
