//! Simulated sources: what was asked for is what arrives, from each of many, and until they go.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use irqlink::abi::Record;
use irqlink::{
    Access, Agent, Control, Device, Error, FileReader, NewSource, Options, Receiver, Sim, Source,
    Start,
};
use libtest_mimic::{Failed, Trial};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use crate::board::*;
use crate::command::{ended as command_ended, irqlink, json};
use crate::removal::{ended, let_it_sleep, load, sleeper, sources};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("sim":
        as_many_come_as_were_asked_for,
        each_is_due_a_period_after_the_one_before,
        jitter_stays_below_its_bound,
        two_of_a_name_are_refused,
        what_cannot_be_is_refused_in_words,
        removal_ends_its_sleepers,
        unloading_the_driver_removes_its_sources,
        a_hundred_at_once_deliver_all,
        the_command_adds_and_removes,
        adding_takes_root,
    )
}

/// A simulated source, removed when the test ends.
pub struct Simulated {
    source: Source,
}

impl Simulated {
    /// Makes it.
    pub fn add(sim: Sim) -> Result<Simulated, Failed> {
        let source = Control::open()?.add(&NewSource::new(sim))?;
        ensure!(source.driver == "irqlink_sim", "not simulated: {source:?}");
        Ok(Simulated { source })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.source.id
    }

    /// Everything from its first event on.
    pub fn reader(&self) -> Result<FileReader, Failed> {
        let device = Device::open(self.name(), Access::Read)?;
        Ok(FileReader::new(device, Start::Oldest)?)
    }

    /// Removes it.
    pub fn remove(&self) -> Outcome {
        Ok(Control::open()?.remove(self.id())?)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // The test may have removed it, or unloaded its driver.
        let _ = self.remove();
    }
}

/// Every so many milliseconds.
fn every(milliseconds: u64) -> Sim {
    Sim::new(Duration::from_millis(milliseconds))
}

/// The records, each of which came no sooner than it was due, and no later than it arrived.
fn records(given: &[Given]) -> Result<Vec<Record>, Failed> {
    let mut records = Vec::new();
    for one in given {
        let Given::Interrupt(record, arrival) = one else {
            return Err(format!("not an interrupt: {one:?}").into());
        };
        ensure!(
            0 < record.trigger_ns
                && record.trigger_ns <= record.time_ns
                && record.time_ns <= *arrival,
            "out of time, at {arrival}: {record:?}"
        );
        records.push(*record);
    }
    Ok(records)
}

fn as_many_come_as_were_asked_for() -> Outcome {
    const COUNT: u64 = 42;
    let sim = Simulated::add(Sim {
        burst: 4,
        payload: 0xfeed_0000_0000_beef,
        count: Some(COUNT),
        ..every(2)
    })?;
    let mut reader = sim.reader()?;
    let given = receive_to(&mut reader, COUNT)?;
    exactly(&given, 1, COUNT)?;
    for record in records(&given)? {
        let payload = [0xfeed_0000_0000_beef, (record.seq - 1) / 4];
        ensure!(
            record.payload == payload && record.source == sim.id(),
            "not of burst {}: {record:?}",
            payload[1]
        );
    }

    // It has stopped: many periods later nothing has followed.
    thread::sleep(Duration::from_millis(100));
    let more = drain(&mut reader)?;
    ensure!(more.is_empty(), "more than {COUNT} came: {more:?}");
    Ok(())
}

/// When each of `count` bursts was due, and when its event was stamped.
fn due(sim: Sim, count: u64) -> Result<Vec<(u64, u64)>, Failed> {
    let sim = Simulated::add(Sim {
        count: Some(count),
        ..sim
    })?;
    let given = receive_to(&mut sim.reader()?, count)?;
    exactly(&given, 1, count)?;
    let records = records(&given)?;
    Ok(records
        .iter()
        .map(|one| (one.trigger_ns, one.time_ns))
        .collect())
}

/// Fails unless each burst was due a period after the one before, give or take less than the
/// jitter. One that was late by a period is followed a period later; the rest are left out.
fn keeps_time(bursts: &[(u64, u64)], sim: Sim) -> Outcome {
    let (period, jitter) = (sim.period.as_nanos() as u64, sim.jitter.as_nanos() as u64);
    for pair in bursts.windows(2) {
        let ((due, time), (next, _)) = (pair[0], pair[1]);
        ensure!(
            next + jitter >= due + period,
            "{next} follows {due} too soon, for {period} and {jitter}"
        );
        let was_late = next >= time + period;
        ensure!(
            next <= due + period + jitter || was_late,
            "{next} follows {due}, stamped {time}, too late, for {period} and {jitter}"
        );
    }
    Ok(())
}

fn each_is_due_a_period_after_the_one_before() -> Outcome {
    let sim = every(5);
    keeps_time(&due(sim, 100)?, sim)
}

fn jitter_stays_below_its_bound() -> Outcome {
    let sim = Sim {
        jitter: Duration::from_millis(2),
        ..every(5)
    };
    let bursts = due(sim, 100)?;
    keeps_time(&bursts, sim)?;
    let mut gaps: Vec<u64> = bursts.windows(2).map(|two| two[1].0 - two[0].0).collect();
    gaps.sort_unstable();
    gaps.dedup();
    ensure!(gaps.len() > 50, "hardly any jitter: {gaps:?}");
    Ok(())
}

/// Fails unless the kernel refused with this error number and these words.
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, errno: Errno, words: &str) -> Outcome {
    match result {
        Err(Error::Refused {
            errno: given,
            text: Some(text),
            ..
        }) if given == errno && text.contains(words) => Ok(()),
        other => Err(format!("expected {errno:?} {words:?}, got {other:?}").into()),
    }
}

fn two_of_a_name_are_refused() -> Outcome {
    let sim = Simulated::add(every(100))?;
    let mut control = Control::open()?;
    for name in [sim.name(), SOURCE] {
        let same = NewSource::new(every(100)).named(name);
        refused(control.add(&same), Errno::EEXIST, "the name is taken")?;
    }
    sim.remove()?;
    let again = control.add(&NewSource::new(every(100)).named(sim.name()))?;
    ensure!(again.id > sim.id(), "a number came again: {again:?}");
    Ok(control.remove(again.id)?)
}

fn what_cannot_be_is_refused_in_words() -> Outcome {
    let mut control = Control::open()?;
    let before = sources()?;
    let long = Duration::from_secs(10);
    for (sim, words) in [
        (Sim::new(Duration::from_nanos(9_999)), "at least 10 us"),
        (Sim::new(Duration::ZERO), "at least 10 us"),
        (
            Sim {
                burst: 0,
                ..every(1)
            },
            "out of range",
        ),
        (
            Sim {
                burst: 1025,
                ..every(1)
            },
            "at most 1024",
        ),
        (
            Sim {
                jitter: Duration::from_millis(1),
                ..every(1)
            },
            "below the period",
        ),
        (
            Sim {
                jitter: Duration::from_secs(5),
                ..Sim::new(long)
            },
            "below 4 s",
        ),
    ] {
        refused(control.add(&NewSource::new(sim)), Errno::ERANGE, words)?;
    }
    for name in ["", "a/b", "a b", "ä"] {
        let named = NewSource::new(every(1)).named(name);
        refused(control.add(&named), Errno::EINVAL, "letters, digits")?;
    }
    let long = NewSource::new(every(1)).named("a".repeat(32));
    refused(control.add(&long), Errno::EINVAL, "")?;
    ensure!(sources()? == before, "something was made all the same");

    refused(control.remove(4_000_000), Errno::ENOENT, "no such source")?;
    let edu0 = control.source(SOURCE)?.id;
    refused(control.remove(edu0), Errno::EPERM, "unbind its device")
}

/// Given whatever the source raised, and the end.
fn all_and_the_end(given: &[Given]) -> Outcome {
    let (last, events) = given.split_last().ok_or("nothing was given")?;
    ensure!(*last == Given::Gone, "no end, but {last:?}");
    exactly(events, 1, events.len() as u64)
}

fn sleepers(name: &str) -> Vec<thread::JoinHandle<Result<Vec<Given>, Failed>>> {
    let (one, other) = (name.to_owned(), name.to_owned());
    let reader = sleeper(move || {
        let device = Device::open(&one, Access::Read)?;
        FileReader::new(device, Start::Oldest)
    });
    let agent = sleeper(move || {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&other, Start::Oldest)?;
        Ok(agent)
    });
    vec![reader, agent]
}

/// Whether they sleep or are in the midst of events.
fn removal_ends_its_sleepers() -> Outcome {
    for sim in [every(3_600_000), every(2)] {
        let sim = Simulated::add(sim)?;
        let sleepers = sleepers(sim.name());
        let_it_sleep();
        sim.remove()?;
        for sleeper in sleepers {
            all_and_the_end(&ended(sleeper)?)?;
        }
        ensure!(
            !sources()?.iter().any(|name| name == sim.name()),
            "the source is still listed"
        );
    }
    Ok(())
}

fn unloading_the_driver_removes_its_sources() -> Outcome {
    let sims = (0..10)
        .map(|_| Simulated::add(every(5)))
        .collect::<Result<Vec<_>, _>>()?;
    let sleepers: Vec<_> = sims.iter().flat_map(|sim| sleepers(sim.name())).collect();
    let_it_sleep();
    delete_module(c"irqlink_sim", DeleteModuleFlags::O_NONBLOCK)?;
    for sleeper in sleepers {
        all_and_the_end(&ended(sleeper)?)?;
    }
    let left = Control::open()?.sources()?;
    ensure!(
        left.iter().all(|source| source.driver != "irqlink_sim"),
        "still listed: {left:?}"
    );
    let without = Control::open()?.add(&NewSource::new(every(1)));
    load("irqlink_sim")?;
    refused(without, Errno::EOPNOTSUPP, "not loaded")
}

fn a_hundred_at_once_deliver_all() -> Outcome {
    const SOURCES: usize = 100;
    const COUNT: u64 = 50;
    let sims = (0..SOURCES)
        .map(|_| {
            Simulated::add(Sim {
                count: Some(COUNT),
                ..every(50)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut agent = Agent::open(Options::default())?;
    for sim in &sims {
        agent.register(sim.name(), Start::Oldest)?;
    }
    let all = SOURCES * COUNT as usize;
    let given = receive(&mut agent as &mut dyn Receiver, |given| given.len() >= all)?;
    for sim in &sims {
        let of_it =
            |one: &&Given| matches!(one, Given::Interrupt(record, _) if record.source == sim.id());
        let of_it: Vec<Given> = given.iter().filter(of_it).cloned().collect();
        records(&of_it)?;
        exactly(&of_it, 1, COUNT)?;
    }
    ensure!(given.len() == all, "{} events for {all}", given.len());
    Ok(())
}

fn the_command_adds_and_removes() -> Outcome {
    let added = json(&irqlink(&[
        "source",
        "add",
        "sim",
        "--period",
        "2ms",
        "--burst",
        "2",
        "--payload",
        "0x2a",
        "--count",
        "5",
        "--name",
        "heart.1",
        "--json",
    ])?)?;
    ensure!(
        added["name"] == "heart.1" && added["mode"] == "free",
        "added {added}"
    );
    let watch = irqlink(&[
        "watch", "heart.1", "-n", "5", "--from", "oldest", "-F", "%s %p%F",
    ])?;
    let lines = String::from_utf8_lossy(&watch.stdout);
    let expected = "1 0x2a 0x0\n2 0x2a 0x0\n3 0x2a 0x1\n4 0x2a 0x1\n5 0x2a 0x2\n";
    ensure!(lines == expected, "watched {watch:?}");

    let again = [
        "source", "add", "sim", "--period", "1ms", "--name", "heart.1",
    ];
    command_ended(&irqlink(&again)?, 1, &["the name is taken"])?;
    let remove = ["source", "remove", "heart.1"];
    command_ended(&irqlink(&remove)?, 0, &[])?;
    command_ended(&irqlink(&remove)?, 4, &["heart.1", SOURCE])?;
    command_ended(&irqlink(&["source", "remove", SOURCE])?, 5, &["unbind"])
}

fn adding_takes_root() -> Outcome {
    let sim = Simulated::add(every(100))?;
    for arguments in [
        &["source", "add", "sim", "--period", "1ms"][..],
        &["source", "remove", sim.name()],
    ] {
        let output = Command::new("irqlink").args(arguments).uid(1000).output()?;
        command_ended(&output, 5, &["CAP_SYS_ADMIN"])?;
    }
    Ok(())
}
