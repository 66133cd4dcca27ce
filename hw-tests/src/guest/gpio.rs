//! GPIO lines: every edge once, in order, with its direction; and what cannot be had.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use gpio_cdev::{Chip, EventRequestFlags, EventType, LineRequestFlags};
use irqlink::abi::{IRQLINK_RECORD_FALLING, IRQLINK_RECORD_RISING, IRQLINK_RECORD_THREAD, Record};
use irqlink::{
    Access, Agent, Control, Device, Edges, Error, FileReader, Gpio, GpioLine, NewSource, Options,
    Source, Start,
};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::board::*;
use crate::removal::{ended, let_it_sleep, sleeper};
use crate::sim_chip::SimChip;
use crate::trial::skip_if;

/// The tests of this file; they are skipped, with the reason, where there is no gpio-sim.
pub fn tests() -> Vec<Trial> {
    let tests = trials!("gpio":
        each_edge_arrives_once_with_its_direction,
        one_direction_only,
        a_line_is_found_by_its_name,
        sixty_four_lines_at_once,
        the_edges_are_those_of_the_character_device,
        the_removal_of_the_controller_ends_its_sleepers,
        what_cannot_be_had_is_refused_in_words,
        a_line_in_use_is_refused,
    );
    skip_if(SimChip::missing(), tests)
}

/// A line as a source, removed when the test ends.
struct Line {
    source: Source,
}

impl Line {
    fn add(chip: &SimChip, offset: u32, edges: Edges) -> Result<Line, Error> {
        Line::request(Gpio {
            line: GpioLine::Offset {
                chip: chip.label.clone(),
                offset,
            },
            edges,
            debounce: None,
        })
    }

    fn request(gpio: Gpio) -> Result<Line, Error> {
        let source = Control::open()?.add(&NewSource::new(gpio))?;
        Ok(Line { source })
    }

    fn reader(&self) -> Result<FileReader, Failed> {
        let device = Device::open(&self.source.name, Access::Read)?;
        Ok(FileReader::new(device, Start::Oldest)?)
    }

    fn agent(&self) -> Result<Agent, Failed> {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&self.source.name, Start::Oldest)?;
        Ok(agent)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Ok(mut control) = Control::open() {
            // Its controller may have left before.
            let _ = control.remove(self.source.id);
        }
    }
}

/// The interrupts given, stamped in hard IRQ and none of them lost.
fn records(given: &[Given]) -> Result<Vec<Record>, Failed> {
    let mut records = Vec::new();
    for one in given {
        let Given::Interrupt(record, _) = one else {
            return Err(format!("not an interrupt: {one:?}").into());
        };
        ensure!(
            record.flags & IRQLINK_RECORD_THREAD == 0,
            "stamped in a thread: {record:?}"
        );
        records.push(*record);
    }
    Ok(records)
}

/// Whether the edge led up, if it is one.
fn is_up(record: &Record) -> Result<bool, Failed> {
    match record.flags & (IRQLINK_RECORD_RISING | IRQLINK_RECORD_FALLING) {
        IRQLINK_RECORD_RISING => Ok(true),
        IRQLINK_RECORD_FALLING => Ok(false),
        _ => Err(format!("no edge: {record:?}").into()),
    }
}

fn each_edge_arrives_once_with_its_direction() -> Outcome {
    const COUNT: u64 = 400;
    const OFFSET: u32 = 5;
    let chip = SimChip::new(8)?;
    let line = Line::add(&chip, OFFSET, Edges::Both)?;
    let (mut reader, mut agent) = (line.reader()?, line.agent()?);
    let mut given = Vec::new();
    for seq in 1..=COUNT {
        chip.pull(OFFSET, seq % 2 == 1)?;
        given.append(&mut receive_to(&mut reader, seq)?);
    }
    exactly(&given, 1, COUNT)?;
    for record in records(&given)? {
        ensure!(
            is_up(&record)? == (record.seq % 2 == 1) && record.payload[0] == u64::from(OFFSET),
            "not the edge that was made: {record:?}"
        );
    }
    let by_netlink = receive_to(&mut agent, COUNT)?;
    ensure!(
        records(&by_netlink)? == records(&given)?,
        "netlink gave other records than read"
    );
    Ok(())
}

fn one_direction_only() -> Outcome {
    const PULSES: u64 = 100;
    let chip = SimChip::new(1)?;
    for (edges, up) in [(Edges::Rising, true), (Edges::Falling, false)] {
        let line = Line::add(&chip, 0, edges)?;
        let mut reader = line.reader()?;
        for _ in 0..PULSES {
            chip.pull(0, true)?;
            chip.pull(0, false)?;
        }
        let given = receive_to(&mut reader, PULSES)?;
        exactly(&given, 1, PULSES)?;
        for record in records(&given)? {
            ensure!(is_up(&record)? == up, "the other direction: {record:?}");
        }
    }
    Ok(())
}

fn a_line_is_found_by_its_name() -> Outcome {
    let chip = SimChip::new(4)?;
    let name = format!("{}-3", chip.label);
    let line = Line::request(Gpio {
        line: GpioLine::Name(name),
        edges: Edges::Rising,
        debounce: None,
    })?;
    chip.pull(3, true)?;
    let given = receive_to(&mut line.reader()?, 1)?;
    ensure!(records(&given)?[0].payload[0] == 3, "{given:?}");
    Ok(())
}

fn sixty_four_lines_at_once() -> Outcome {
    const LINES: u32 = 64;
    const PULSES: u64 = 10;
    let chip = SimChip::new(LINES)?;
    let mut lines = Vec::new();
    for offset in 0..LINES {
        let line = Line::add(&chip, offset, Edges::Rising)?;
        let agent = line.agent()?;
        lines.push((line, agent));
    }
    for _ in 0..PULSES {
        for up in [true, false] {
            for offset in 0..LINES {
                chip.pull(offset, up)?;
            }
        }
    }
    for (offset, (_, agent)) in lines.iter_mut().enumerate() {
        let given = receive_to(agent, PULSES)?;
        exactly(&given, 1, PULSES)?;
        for record in records(&given)? {
            ensure!(
                record.payload[0] == offset as u64,
                "another line's: {record:?}"
            );
        }
    }
    Ok(())
}

/// Two lines pulled one after the other, one by irqlink and one by the character device: as many
/// edges on each, in turn, and the stamps are in turn as well.
fn the_edges_are_those_of_the_character_device() -> Outcome {
    const COUNT: u64 = 200;
    let chip = SimChip::new(2)?;
    let line = Line::add(&chip, 0, Edges::Both)?;
    let mut reader = line.reader()?;
    let mut other = Chip::new(chip.path())?.get_line(1)?.events(
        LineRequestFlags::INPUT,
        EventRequestFlags::BOTH_EDGES,
        "irqlink-lab",
    )?;

    let mut before = 0;
    for seq in 1..=COUNT {
        let up = seq % 2 == 1;
        chip.pull(0, up)?;
        let given = records(&receive_to(&mut reader, seq)?)?;
        chip.pull(1, up)?;
        let theirs = next_edge(&mut other)?;
        let [ours] = given[..] else {
            return Err(format!("not one edge: {given:?}").into());
        };
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

fn next_edge(events: &mut gpio_cdev::LineEventHandle) -> Result<gpio_cdev::LineEvent, Failed> {
    // SAFETY: the handle outlives the look.
    let fd = unsafe { BorrowedFd::borrow_raw(events.as_raw_fd()) };
    let limit = PollTimeout::try_from(LIMIT).unwrap_or(PollTimeout::MAX);
    ensure!(
        poll(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], limit)? == 1,
        "the character device gave no edge"
    );
    Ok(events.get_event()?)
}

fn the_removal_of_the_controller_ends_its_sleepers() -> Outcome {
    let chip = SimChip::new(2)?;
    let line = Line::add(&chip, 1, Edges::Both)?;
    let name = line.source.name.clone();
    let reader = sleeper(move || FileReader::new(Device::open(&name, Access::Read)?, Start::Next));
    let name = line.source.name.clone();
    let agent = sleeper(move || {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&name, Start::Next)?;
        Ok(agent)
    });
    let_it_sleep();
    chip.leave()?;
    for sleeper in [reader, agent] {
        let given = ended(sleeper)?;
        ensure!(given == [Given::Gone], "the sleeper was given {given:?}");
    }
    Ok(())
}

fn what_cannot_be_had_is_refused_in_words() -> Outcome {
    let chip = SimChip::new(2)?;
    refused(
        Line::add(&chip, 2, Edges::Both),
        Errno::EINVAL,
        "no line with this offset",
    )?;
    let by_name = |name: &str| {
        Line::request(Gpio {
            line: GpioLine::Name(name.into()),
            edges: Edges::Both,
            debounce: None,
        })
    };
    refused(by_name("nobody"), Errno::ENODEV, "no such GPIO")?;
    let elsewhere = Line::request(Gpio {
        line: GpioLine::Offset {
            chip: "nobody".into(),
            offset: 0,
        },
        edges: Edges::Both,
        debounce: None,
    });
    refused(elsewhere, Errno::ENODEV, "no such GPIO")?;
    let debounced = Line::request(Gpio {
        line: GpioLine::Offset {
            chip: chip.label.clone(),
            offset: 0,
        },
        edges: Edges::Both,
        debounce: Some(Duration::from_micros(10_000_001)),
    });
    refused(debounced, Errno::ERANGE, "at most 10 s")?;
    // Nothing of it is left behind: the line can be had.
    Line::add(&chip, 0, Edges::Both)?;
    Ok(())
}

fn a_line_in_use_is_refused() -> Outcome {
    let chip = SimChip::new(2)?;
    let theirs =
        Chip::new(chip.path())?
            .get_line(0)?
            .request(LineRequestFlags::INPUT, 0, "somebody")?;
    refused(
        Line::add(&chip, 0, Edges::Both),
        Errno::EBUSY,
        "in use by someone else",
    )?;
    drop(theirs);
    let ours = Line::add(&chip, 0, Edges::Both)?;
    refused(
        Line::add(&chip, 0, Edges::Both),
        Errno::EBUSY,
        "in use by someone else",
    )?;
    // And the other way round: the character device does not get ours.
    let taken = Chip::new(chip.path())?
        .get_line(0)?
        .request(LineRequestFlags::INPUT, 0, "late");
    ensure!(taken.is_err(), "the character device took a line in use");
    drop(ours);
    Ok(())
}
