//! `irqlink source add gpio` and `remove`.

use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use gpio_cdev::{Chip, LineRequestFlags};
use libtest_mimic::Failed;

use super::test_chip::TestChip;
use super::{Controller, on_test_chip};
use crate::board::*;
use crate::command::{ended, irqlink, json};
use crate::removal::sources;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    on_test_chip!("gpio":
        the_command_adds_and_removes_a_line,
        the_command_finds_a_line_however_it_is_named,
        the_command_says_what_cannot_be_had,
        adding_a_line_takes_root,
    )
}

fn add(more: &[&str]) -> Result<Output, Failed> {
    irqlink(&[&["source", "add", "gpio"][..], more].concat())
}

fn file_name(chip: &TestChip) -> String {
    let path = chip.path();
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn the_command_adds_and_removes_a_line() -> Outcome {
    let chip = TestChip::new("driver=1")?;
    let name = file_name(&chip);
    let added = json(&add(&[
        "--chip", &name, "--line", "3", "--edge", "both", "--name", "door", "--json",
    ])?)?;
    ensure!(
        added["name"] == "door"
            && added["driver"] == "irqlink_gpio"
            && added["device"] == format!("{name}:3"),
        "added {added}"
    );
    for up in [true, false, true] {
        chip.pull(3, up)?;
    }
    let watch = irqlink(&[
        "watch", "door", "-n", "3", "--from", "oldest", "-F", "%s %E %p",
    ])?;
    let lines = String::from_utf8_lossy(&watch.stdout);
    ensure!(
        lines == "1 rising 0x3 0x0\n2 falling 0x3 0x0\n3 rising 0x3 0x0\n",
        "watched {watch:?}"
    );

    let remove = ["source", "remove", "door"];
    ended(&irqlink(&remove)?, 0, &[])?;
    ended(&irqlink(&remove)?, 4, &["door", SOURCE])
}

fn the_command_finds_a_line_however_it_is_named() -> Outcome {
    let chip = TestChip::new("driver=1")?;
    let path = chip.path();
    let (name, path) = (file_name(&chip), path.to_string_lossy());
    for arguments in [
        &["--line", "chip-4"][..],
        &["--chip", &name, "--line", "chip-4"],
        &["--chip", "chip", "--line", "4"],
        &["--chip", &path, "--line", "4"],
        &["--chip", name.trim_start_matches("gpiochip"), "--line", "4"],
    ] {
        let added = json(&add(
            &[arguments, &["--debounce", "5ms", "--json"]].concat()
        )?)?;
        ensure!(
            added["device"] == format!("{name}:4") && added["name"] == "gpio0",
            "{arguments:?} added {added}"
        );
        ended(&irqlink(&["source", "remove", "gpio0"])?, 0, &[])?;
    }
    Ok(())
}

fn the_command_says_what_cannot_be_had() -> Outcome {
    let chip = TestChip::new("driver=1")?;
    let name = file_name(&chip);
    let before = sources()?;
    let _theirs =
        Chip::new(chip.path())?
            .get_line(0)?
            .request(LineRequestFlags::INPUT, 0, "somebody")?;
    let long = "a".repeat(32);
    for (arguments, code, words) in [
        (
            &["--chip", "gpiochip99", "--line", "0"][..],
            4,
            &["gpiochip99", &name][..],
        ),
        (&["--chip", &name, "--line", "8"], 4, &["0 to 7"]),
        (&["--line", "nobody"], 4, &["nobody", "gpioinfo"]),
        (
            &["--chip", &name, "--line", "0"],
            1,
            &["in use by someone else"],
        ),
        (
            &["--line", "chip-1", "--edge", "sideways"],
            2,
            &["rising, falling or both"],
        ),
        (&["--line", "chip-1", "--debounce", "5"], 2, &["5ms"]),
        (
            &["--line", "chip-1", "--debounce", "11s"],
            1,
            &["at most 10 s"],
        ),
        (&["--line", "chip-1", "--name", &long], 1, &["1 to 31"]),
        (
            &["--line", "chip-1", "--name", SOURCE],
            1,
            &["the name is taken"],
        ),
    ] {
        ended(&add(arguments)?, code, words)?;
    }
    ensure!(sources()? == before, "something was made all the same");
    Ok(())
}

fn adding_a_line_takes_root() -> Outcome {
    let _chip = TestChip::new("driver=1")?;
    let added = Command::new("irqlink")
        .args(["source", "add", "gpio", "--line", "chip-1"])
        .uid(1000)
        .output()?;
    ended(&added, 5, &[])
}
