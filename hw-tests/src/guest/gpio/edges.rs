//! Every edge becomes one event, in order, with its direction.

use std::hint;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use irqlink::realtime::Request;
use irqlink::units::CpuList;
use irqlink::{Control, Edges, GpioLine};

use super::test_chip::TestChip;
use super::{
    Controller, KINDS, Kind, Line, gpio, interrupts, is_up, on_each_kind, on_test_chip, records,
    trial_on,
};
use crate::board::*;
use crate::guard::{UNTIL_ACK, set};
use crate::sim_chip::SimChip;
use crate::trial::skip_if;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = on_test_chip!("gpio":
        a_late_thread_keeps_the_directions,
    );
    tests.extend(on_test_chip!("path_length":
        an_edge_whose_interrupt_is_late_keeps_its_direction,
    ));
    tests.extend(skip_if(
        SimChip::missing(),
        trials!("gpio": sixty_four_lines_at_once),
    ));
    tests.extend(on_each_kind!(
        each_edge_arrives_once_with_its_direction,
        edges_as_fast_as_they_can_be_made_arrive_in_turn,
        one_direction_only,
        a_line_is_found_by_its_name,
        a_line_is_shown_by_its_controller_and_offset,
    ));
    // What comes while a nested interrupt is masked is lost.
    let kept = KINDS.iter().filter(|kind| kind.name != "nested_lines");
    tests.extend(kept.map(|kind| {
        trial_on(
            kind,
            "edges_while_it_is_masked_are_told_by_the_level",
            edges_while_it_is_masked_are_told_by_the_level,
        )
    }));
    tests
}

fn each_edge_arrives_once_with_its_direction(chip: &dyn Controller, kind: &Kind) -> Outcome {
    const COUNT: u64 = 400;
    const OFFSET: u32 = 5;
    let line = Line::add(chip, OFFSET, Edges::Both)?;
    let (mut reader, mut agent) = (line.reader()?, line.agent()?);
    let mut given = Vec::new();
    for seq in 1..=COUNT {
        chip.pull(OFFSET, seq % 2 == 1)?;
        given.append(&mut receive_to(&mut reader, seq)?);
    }
    exactly(&given, 1, COUNT)?;
    let given = records(&given, kind.in_thread)?;
    for record in &given {
        ensure!(
            is_up(record)? == (record.seq % 2 == 1) && record.payload[0] == u64::from(OFFSET),
            "not the edge that was made: {record:?}"
        );
    }
    let by_netlink = receive_to(&mut agent, COUNT)?;
    ensure!(
        records(&by_netlink, kind.in_thread)? == given,
        "netlink gave other records than read"
    );
    Ok(())
}

/// Nobody waits for an edge before the next is made, until the log is full.
fn edges_as_fast_as_they_can_be_made_arrive_in_turn(chip: &dyn Controller, kind: &Kind) -> Outcome {
    const ROUND: u64 = 1_000;
    let line = Line::add(chip, 0, Edges::Both)?;
    let mut reader = line.reader()?;
    for last in [ROUND, 2 * ROUND, 3 * ROUND] {
        for seq in last - ROUND + 1..=last {
            chip.pull(0, seq % 2 == 1)?;
        }
        let given = receive_to(&mut reader, last)?;
        exactly(&given, last - ROUND + 1, last)?;
        let mut before = 0;
        for record in records(&given, kind.in_thread)? {
            ensure!(
                is_up(&record)? == (record.seq % 2 == 1) && record.time_ns > before,
                "not in turn: {record:?}"
            );
            before = record.time_ns;
        }
    }
    Ok(())
}

fn one_direction_only(chip: &dyn Controller, kind: &Kind) -> Outcome {
    const PULSES: u64 = 100;
    for (edges, up) in [(Edges::Rising, true), (Edges::Falling, false)] {
        let line = Line::add(chip, 0, edges)?;
        let mut reader = line.reader()?;
        for _ in 0..PULSES {
            chip.pull(0, true)?;
            chip.pull(0, false)?;
        }
        let given = receive_to(&mut reader, PULSES)?;
        exactly(&given, 1, PULSES)?;
        for record in records(&given, kind.in_thread)? {
            ensure!(is_up(&record)? == up, "the other direction: {record:?}");
        }
    }
    Ok(())
}

fn a_line_is_found_by_its_name(chip: &dyn Controller, kind: &Kind) -> Outcome {
    let line = Line::request(irqlink::Gpio {
        line: GpioLine::Name(format!("{}-3", chip.label())),
        ..gpio(chip, 0, Edges::Rising, None)
    })?;
    chip.pull(3, true)?;
    let given = receive_to(&mut line.reader()?, 1)?;
    ensure!(
        records(&given, kind.in_thread)?[0].payload[0] == 3,
        "{given:?}"
    );
    Ok(())
}

/// Linux 6.1 does not tell the name of a controller without a parent.
fn a_line_is_shown_by_its_controller_and_offset(chip: &dyn Controller, _: &Kind) -> Outcome {
    let line = Line::add(chip, 6, Edges::Both)?;
    let path = chip.path();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let shown = &line.source.device;
    ensure!(
        *shown == format!("{name}:6") || shown == "gpiochip:6",
        "shown as {shown}"
    );
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
        for record in records(&given, false)? {
            ensure!(
                record.payload[0] == offset as u64,
                "another line's: {record:?}"
            );
        }
    }
    Ok(())
}

/// More edges than the handler can leave to the thread that posts them: the thread cannot run, as all
/// CPUs are busy with what is more urgent. The last event then stands for all that found no room; it is
/// stamped when the kernel resends their interrupt.
fn a_late_thread_keeps_the_directions() -> Outcome {
    const ROOM: usize = 256;
    for edges in [601, 602] {
        let chip = TestChip::new("sleeps=1")?;
        let line = Line::add(&chip, 0, Edges::Both)?;
        while_nothing_else_runs(|| pull_in_turn(&chip, edges))?;
        let mut reader = line.reader()?;
        let mut given = Vec::new();
        wait_until("the last level is told", || {
            given.append(&mut drain(&mut reader)?);
            let is_told = |last| is_up(last).is_ok_and(|up| up == (edges % 2 == 1));
            Ok(given.len() > ROOM && interrupts(&given)?.last().is_some_and(is_told))
        })?;
        let events = given.len() as u64;
        exactly(&given, 1, events)?;
        ensure!(events <= edges, "{events} events of {edges} edges");
        for record in records(&given[..ROOM], false)? {
            ensure!(
                is_up(&record)? == (record.seq % 2 == 1),
                "of {events} events not in turn: {record:?}"
            );
        }
    }
    Ok(())
}

/// Makes that many edges of line 0, the first of them up.
fn pull_in_turn(chip: &dyn Controller, edges: u64) -> Outcome {
    for edge in 1..=edges {
        chip.pull(0, edge % 2 == 1)?;
    }
    Ok(())
}

/// Those that come while the line is masked are one event, of the level as it is afterwards. Its stamp is
/// of the interrupt that the kernel resends, which is no hard IRQ on these controllers.
fn edges_while_it_is_masked_are_told_by_the_level(chip: &dyn Controller, kind: &Kind) -> Outcome {
    let line = Line::add(chip, 0, Edges::Both)?;
    let mut reader = line.reader()?;
    set(line.source.id, UNTIL_ACK)?;
    chip.pull(0, true)?;
    let mut given = receive_to(&mut reader, 1)?;
    for (seq, levels) in [(2, &[false, true][..]), (3, &[false, true, false])] {
        for up in levels {
            chip.pull(0, *up)?;
        }
        ensure!(
            line.raised()? == seq - 1,
            "an edge came though it is masked"
        );
        Control::open()?.ack(line.source.id, None)?;
        given.append(&mut receive_to(&mut reader, seq)?);
    }
    exactly(&given, 1, 3)?;
    records(&given[..1], kind.in_thread)?;
    let ups = interrupts(&given)?;
    let ups = ups.iter().map(is_up).collect::<Result<Vec<_>, _>>()?;
    ensure!(ups == [true, true, false], "told {ups:?}");
    Ok(())
}

/// The thread reads the level of an edge that follows the one which it is about to post.
fn an_edge_whose_interrupt_is_late_keeps_its_direction() -> Outcome {
    const COUNT: u64 = 100;
    let chip = TestChip::new("sleeps=1 late=1")?;
    let line = Line::add(&chip, 0, Edges::Both)?;
    while_nothing_else_runs(|| pull_in_turn(&chip, COUNT))?;
    let given = receive_to(&mut line.reader()?, COUNT)?;
    exactly(&given, 1, COUNT)?;
    for record in records(&given, false)? {
        ensure!(
            is_up(&record)? == (record.seq % 2 == 1),
            "not in turn: {record:?}"
        );
    }
    Ok(())
}

/// Does `work` on one CPU while all others are kept busy, at a priority above that of interrupts'
/// threads.
fn while_nothing_else_runs(work: impl FnOnce() -> Outcome + Send) -> Outcome {
    let cpus = thread::available_parallelism()?.get();
    let (begin, done) = (Barrier::new(cpus), AtomicBool::new(false));
    thread::scope(|scope| {
        let begin = &begin;
        let urgently = move |cpu: usize| {
            let setup = Request {
                priority: Some(90),
                cpus: Some(CpuList::new([cpu])),
                ..Request::default()
            };
            let setup = setup.apply();
            begin.wait();
            setup.steps.iter().all(|step| step.fulfilled)
        };
        for cpu in 1..cpus {
            let done = &done;
            scope.spawn(move || {
                urgently(cpu);
                while !done.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let worker = scope.spawn(move || {
            ensure!(urgently(0), "no priority is to be had");
            work()
        });
        let worked = worker.join();
        done.store(true, Ordering::Relaxed);
        worked.map_err(|_| "it panicked")?
    })
}
