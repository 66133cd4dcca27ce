//! Lines and controllers that leave at any time.

use std::fs;
use std::thread;
use std::time::Duration;

use irqlink::{Access, Agent, Control, Device, Edges, Error, FileReader, Options, Start};
use nix::errno::Errno;

use super::test_chip::TestChip;
use super::{Controller, Kind, Line, gpio, on_each_kind, on_test_chip};
use crate::board::*;
use crate::removal::{ended, let_it_sleep, sleeper, sources};
use crate::trial::skip_if;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = skip_if(
        keeps_interrupts_of_what_left(),
        on_test_chip!("gpio":
            a_controller_can_leave_that_nothing_tells_of,
            a_controller_without_a_driver_ends_its_sleepers,
        ),
    );
    tests.extend(on_test_chip!("gpio":
        a_controller_stays_loaded_while_its_line_is_a_source,
    ));
    tests.extend(on_each_kind!(
        the_removal_of_a_line_ends_its_sleepers,
        the_removal_of_the_controller_ends_its_sleepers,
        a_line_can_be_removed_while_it_is_pulled,
        a_controller_can_leave_while_a_line_is_pulled,
    ));
    tests
}

/// Linux before 6.12 frees neither the interrupts of a controller that leaves in use, nor its module.
fn keeps_interrupts_of_what_left() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map(|number| number.parse().ok());
    let version: (Option<u32>, Option<u32>) = (numbers.next().flatten(), numbers.next().flatten());
    (version < (Some(6), Some(12)))
        .then(|| "this kernel does not free the interrupts of a controller that leaves".to_owned())
}

/// Removes a line while a reader and an agent wait for it.
fn end_sleepers(line: &Line, remove: impl FnOnce() -> Outcome) -> Outcome {
    let name = line.source.name.clone();
    let reader = sleeper(move || FileReader::new(Device::open(&name, Access::Read)?, Start::Next));
    let name = line.source.name.clone();
    let agent = sleeper(move || {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&name, Start::Next)?;
        Ok(agent)
    });
    let_it_sleep();
    remove()?;
    for sleeper in [reader, agent] {
        let given = ended(sleeper)?;
        ensure!(given == [Given::Gone], "the sleeper was given {given:?}");
    }
    ensure!(
        !sources()?.contains(&line.source.name),
        "the source is still listed"
    );
    Ok(())
}

fn the_removal_of_a_line_ends_its_sleepers(chip: &dyn Controller, _: &Kind) -> Outcome {
    let line = Line::add(chip, 1, Edges::Both)?;
    end_sleepers(&line, || Ok(line.remove()?))?;
    // It is there for the next one.
    Line::add(chip, 1, Edges::Both)?;
    Ok(())
}

/// One of the lines has a debounce time that is not over.
fn the_removal_of_the_controller_ends_its_sleepers(chip: &dyn Controller, _: &Kind) -> Outcome {
    let long = Some(Duration::from_secs(10));
    let bouncing = Line::request(gpio(chip, 0, Edges::Both, long))?;
    let line = Line::add(chip, 1, Edges::Both)?;
    chip.pull(0, true)?;
    end_sleepers(&line, || Ok(chip.leave()?))?;
    ensure!(
        !sources()?.contains(&bouncing.source.name),
        "the debounced line stayed"
    );
    // Making the next source clears what is left of them.
    let gone = Line::add(chip, 1, Edges::Both);
    ensure!(
        matches!(
            gone,
            Err(Error::Refused {
                errno: Errno::ENODEV,
                ..
            })
        ),
        "a line of no controller: {:?}",
        gone.map(|line| line.source.clone())
    );
    Ok(())
}

/// Pulls a line up and down until it has left, while something else is done.
fn while_pulled(chip: &dyn Controller, line: u32, work: impl FnOnce() -> Outcome) -> Outcome {
    thread::scope(|scope| {
        let (go_on, is_over) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            let mut up = false;
            while is_over.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                up = !up;
                if chip.pull(line, up).is_err() {
                    break;
                }
            }
        });
        let outcome = work();
        drop(go_on);
        outcome
    })
}

fn a_line_can_be_removed_while_it_is_pulled(chip: &dyn Controller, _: &Kind) -> Outcome {
    while_pulled(chip, 2, || {
        for turn in 0..60 {
            let debounce = (turn % 2 == 1).then_some(Duration::from_micros(100));
            let line = Line::request(gpio(chip, 2, Edges::Both, debounce))?;
            let capacity = u64::from(line.source.capacity);
            let mut reader = line.reader()?;
            let mut given = receive(&mut reader, |given| !given.is_empty())?;
            line.remove()?;
            given.extend(receive(&mut reader, |given| given.contains(&Given::Gone))?);
            let (first, last) = ends(&given).ok_or("nothing was given")?;
            tile(&given, first, last)?;
            // On a slow machine the log has gone round when the reader opens.
            let has_lapped = last - first + 1 >= capacity;
            ensure!(
                first == 1 || has_lapped,
                "it began with {first}, and ended with {last}"
            );
        }
        Ok(())
    })
}

/// The first and the last sequence number.
fn ends(given: &[Given]) -> Option<(u64, u64)> {
    let ends = given.iter().filter_map(|one| match one {
        Given::Interrupt(record, _) => Some((record.seq, record.seq)),
        Given::Lost(first, last) => Some((*first, *last)),
        Given::Gone => None,
    });
    ends.reduce(|(first, _), (_, last)| (first, last))
}

fn a_controller_can_leave_while_a_line_is_pulled(chip: &dyn Controller, _: &Kind) -> Outcome {
    let line = Line::add(chip, 3, Edges::Both)?;
    let mut reader = line.reader()?;
    while_pulled(chip, 3, || {
        receive_to(&mut reader, 50)?;
        Ok(chip.leave()?)
    })?;
    receive(&mut reader, |given| given.contains(&Given::Gone))?;
    Ok(())
}

/// One without a driver, and even without a device above it: it takes the interrupt from the source,
/// as no one can ask the source to let go first. What is left of the source can be removed, and so can
/// the modules.
fn a_controller_can_leave_that_nothing_tells_of() -> Outcome {
    for parameters in ["", "parent=1"] {
        for _ in 0..2 {
            let chip = TestChip::new(parameters)?;
            let line = Line::add(&chip, 0, Edges::Both)?;
            chip.pull(0, true)?;
            receive_to(&mut line.reader()?, 1)?;
            chip.leave()?;
            match Control::open()?.remove(line.source.id) {
                Ok(())
                | Err(Error::Refused {
                    errno: Errno::ENOENT,
                    ..
                }) => {}
                Err(error) => return Err(error.into()),
            }
            ensure!(
                !sources()?.contains(&line.source.name),
                "the source is still listed"
            );
            drop(line);
            // The next source clears what is left of it, and with it the hold on the module.
            let _ = Line::add(&chip, 0, Edges::Both);
            TestChip::unload()?;
        }
    }
    Ok(())
}

/// Its own device at least tells that it leaves.
fn a_controller_without_a_driver_ends_its_sleepers() -> Outcome {
    let chip = TestChip::new("parent=1")?;
    let line = Line::add(&chip, 1, Edges::Both)?;
    end_sleepers(&line, || Ok(chip.leave()?))?;
    // The next source clears what is left of it, and with it the hold on the module.
    let _ = Line::add(&chip, 1, Edges::Both);
    Ok(())
}

fn a_controller_stays_loaded_while_its_line_is_a_source() -> Outcome {
    let chip = TestChip::new("")?;
    let line = Line::add(&chip, 0, Edges::Both)?;
    let unloaded = TestChip::unload();
    ensure!(
        unloaded == Err(Errno::EWOULDBLOCK),
        "unloading the controller gave {unloaded:?}"
    );
    drop(line);
    Ok(TestChip::unload()?)
}
