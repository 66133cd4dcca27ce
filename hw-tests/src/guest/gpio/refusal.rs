//! What cannot be had is refused in words, and nothing is left behind.

use std::time::Duration;

use gpio_cdev::{Chip, LineRequestFlags};
use irqlink::{Edges, Gpio, GpioLine};
use nix::errno::Errno;

use super::{Controller, Kind, Line, gpio, on_each_kind};
use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    on_each_kind!(
        what_cannot_be_had_is_refused_in_words,
        a_line_in_use_is_refused,
    )
    .collect()
}

fn what_cannot_be_had_is_refused_in_words(chip: &dyn Controller, _: &Kind) -> Outcome {
    let line = |line| Gpio {
        line,
        ..gpio(chip, 0, Edges::Both, None)
    };
    let elsewhere = GpioLine::Offset {
        chip: "nobody".into(),
        offset: 0,
    };
    let too_long = Duration::from_micros(10_000_001);
    for (wanted, errno, words) in [
        (
            gpio(chip, 8, Edges::Both, None),
            Errno::EINVAL,
            "no line with this offset",
        ),
        (
            line(GpioLine::Name("nobody".into())),
            Errno::ENODEV,
            "no such GPIO",
        ),
        (line(elsewhere), Errno::ENODEV, "no such GPIO"),
        (
            gpio(chip, 0, Edges::Both, Some(too_long)),
            Errno::ERANGE,
            "at most 10 s",
        ),
        (
            gpio(chip, 0, Edges::Both, Some(Duration::MAX)),
            Errno::ERANGE,
            "at most 10 s",
        ),
    ] {
        refused(Line::request(wanted), errno, words)?;
    }
    // Nothing of it is left behind: the line can be had.
    Line::add(chip, 0, Edges::Both)?;
    Ok(())
}

fn a_line_in_use_is_refused(chip: &dyn Controller, _: &Kind) -> Outcome {
    let theirs =
        Chip::new(chip.path())?
            .get_line(0)?
            .request(LineRequestFlags::INPUT, 0, "somebody")?;
    refused(
        Line::add(chip, 0, Edges::Both),
        Errno::EBUSY,
        "in use by someone else",
    )?;
    drop(theirs);
    let ours = Line::add(chip, 0, Edges::Both)?;
    refused(
        Line::add(chip, 0, Edges::Both),
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
