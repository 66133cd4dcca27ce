//! Lines that the device tree describes: hw-tests/board.dts.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use irqlink::abi::Record;
use irqlink::{Access, Control, Device, FileReader, Source, Start};
use libtest_mimic::Failed;

use super::{is_up, records};
use crate::board::*;
use crate::removal::{ended, let_it_sleep, sleeper, sources};
use crate::trial::skip_if;

/// The tests of this file; they are skipped, with the reason, where there is no device tree.
pub fn tests() -> Vec<Trial> {
    let tests = trials!("gpio":
        lines_of_the_device_tree_are_sources,
        wrong_nodes_fail_alone_and_say_why,
        lines_of_the_device_tree_come_back_with_their_controller,
    );
    // A kernel that takes one has the folder, whether it was given one or not.
    let takes_one = Path::new("/sys/firmware/devicetree").exists();
    skip_if(
        (!takes_one).then(|| "this kernel takes no device tree".to_owned()),
        tests,
    )
}

/// The controller's device, and its driver.
const CONTROLLER: &str = "gpio-simulator";
const DRIVER: &str = "/sys/bus/platform/drivers/gpio-sim";

fn source(name: &str) -> Result<Source, Failed> {
    Ok(Control::open()?.source(name)?)
}

fn reader(name: &str) -> irqlink::Result<FileReader> {
    FileReader::new(Device::open(name, Access::Read)?, Start::Next)
}

/// The controller's folder, which bears its name.
fn controller() -> Result<PathBuf, Failed> {
    for entry in fs::read_dir(format!("/sys/devices/platform/{CONTROLLER}"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("gpiochip") {
            return Ok(path);
        }
    }
    Err("the device tree's controller is not there".into())
}

fn pull(line: u32, up: bool) -> Outcome {
    let pull = if up { "pull-up" } else { "pull-down" };
    Ok(fs::write(
        controller()?.join(format!("sim_gpio{line}/pull")),
        pull,
    )?)
}

/// The next events of a reader.
fn next(reader: &mut FileReader, count: usize, in_thread: bool) -> Result<Vec<Record>, Failed> {
    let given = receive(reader, |given| given.len() >= count)?;
    ensure!(given.len() == count, "{count} events were made: {given:?}");
    records(&given, in_thread)
}

fn lines_of_the_device_tree_are_sources() -> Outcome {
    let chip = controller()?;
    let chip = chip.file_name().unwrap_or_default().to_string_lossy();
    for (name, line) in [("tree-door", 0), ("tree-bell", 1), ("tree-button", 2)] {
        let source = source(name)?;
        ensure!(
            source.driver == "irqlink_gpio" && source.device == format!("{chip}:{line}"),
            "not the line of the device tree: {source:?}"
        );
    }

    let (mut door, mut bell) = (reader("tree-door")?, reader("tree-bell")?);
    for up in [true, false, true, false] {
        pull(0, up)?;
        pull(1, up)?;
    }
    for (record, up) in next(&mut door, 4, false)?
        .iter()
        .zip([true, false].repeat(2))
    {
        ensure!(is_up(record)? == up, "not the edge made: {record:?}");
    }
    for record in next(&mut bell, 2, false)? {
        ensure!(is_up(&record)?, "a falling edge of the bell: {record:?}");
    }

    // Debounced, so events are seen in a thread. High must have been seen, of which there is no event.
    let mut button = reader("tree-button")?;
    let mut given = Vec::new();
    wait_until("the button gives an edge", || {
        for up in [true, false] {
            pull(2, up)?;
            let_it_sleep();
        }
        given = drain(&mut button)?;
        Ok(!given.is_empty())
    })?;
    for record in records(&given, true)? {
        ensure!(!is_up(&record)?, "a rising edge of the button: {record:?}");
    }
    Ok(())
}

fn wrong_nodes_fail_alone_and_say_why() -> Outcome {
    let log = kernel_log()?;
    for (node, words) in [
        ("wrong-edge", "not rising, falling or both"),
        ("wrong-label", "1 to 31 letters"),
        ("wrong-debounce", "at most 10 s"),
    ] {
        let says_why =
            |line: &str| line.contains(&format!("{node}: error")) && line.contains(words);
        ensure!(log.lines().any(says_why), "nothing of {node} in\n{log}");
    }
    // A line that is not there may still come, for all that the kernel knows.
    let deferred = fs::read_to_string("/sys/kernel/debug/devices_deferred")?;
    let says_why =
        |line: &str| line.starts_with("wrong-line") && line.contains("no such GPIO controller");
    ensure!(
        deferred.lines().any(says_why),
        "nothing of wrong-line in\n{deferred}"
    );
    for name in ["tree-edge", "tree-debounce", "tree-line"] {
        ensure!(
            !sources()?.iter().any(|one| one == name),
            "{name} is a source"
        );
    }
    Ok(())
}

/// All of the kernel's log that there still is.
fn kernel_log() -> Result<String, Failed> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/kmsg")?;
    let (mut log, mut line) = (String::new(), [0; 8192]);
    loop {
        match file.read(&mut line) {
            Ok(length) => log += &String::from_utf8_lossy(&line[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(log),
            // Overwritten before it was read.
            Err(error) if error.raw_os_error() == Some(libc::EPIPE) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn lines_of_the_device_tree_come_back_with_their_controller() -> Outcome {
    let before = source("tree-door")?;
    let waiting = sleeper(|| reader("tree-door"));
    let_it_sleep();
    fs::write(format!("{DRIVER}/unbind"), CONTROLLER)?;
    let given = ended(waiting)?;
    ensure!(given == [Given::Gone], "the sleeper was given {given:?}");

    fs::write(format!("{DRIVER}/bind"), CONTROLLER)?;
    wait_until("the sources are back", || {
        let sources = sources()?;
        Ok(["tree-door", "tree-bell", "tree-button"]
            .iter()
            .all(|name| sources.iter().any(|one| one == name)))
    })?;
    let after = source("tree-door")?;
    ensure!(after.id > before.id, "a number came again: {after:?}");
    wait_until("its device file is there", || {
        Ok(std::path::Path::new("/dev/irqlink/tree-door").exists())
    })?;
    let mut door = reader("tree-door")?;
    pull(0, true)?;
    pull(0, false)?;
    next(&mut door, 2, false).map(drop)
}
