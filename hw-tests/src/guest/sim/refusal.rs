//! What cannot be is refused in words, and nothing is made.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use irqlink::{Control, NewSource, Sim};
use nix::errno::Errno;

use super::{Simulated, every};
use crate::board::*;
use crate::command::ended as command_ended;
use crate::removal::sources;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("sim":
        two_of_a_name_are_refused,
        what_cannot_be_is_refused_in_words,
        adding_takes_root,
    )
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
            Sim::new(DAY * 1000 + Duration::from_nanos(1)),
            "at most 1000 days",
        ),
        (Sim::new(Duration::MAX), "at most 1000 days"),
        (
            Sim {
                burst: 0,
                ..every(1)
            },
            "1 to 1024",
        ),
        (
            Sim {
                burst: 1025,
                ..every(1)
            },
            "1 to 1024",
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
    let long = "a".repeat(32);
    for name in ["", "a/b", "a b", "ä", ".", "..", ".a", &long] {
        let named = NewSource::new(every(1)).named(name);
        refused(
            control.add(&named),
            Errno::EINVAL,
            "1 to 31 letters, digits",
        )?;
    }
    ensure!(sources()? == before, "something was made all the same");

    refused(control.remove(4_000_000), Errno::ENOENT, "no such source")?;
    let edu0 = control.source(SOURCE)?.id;
    refused(control.remove(edu0), Errno::EPERM, "unbind its device")
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
