//! Peers take the source's device, and give it back as it was, whatever happens.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use irqlink::{Control, Settings, Source};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{array, command, listed, report};
use crate::board::*;
use crate::pci::function::Function;
use crate::removal::Spare;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        peers_are_measured_on_the_sources_device,
        ctrl_c_gives_a_peers_device_back,
        a_peers_device_that_leaves_ends_the_run,
    )
}

/// Their names.
pub const PEERS: [&str; 2] = ["uio", "vfio"];

/// What the reason says of those that some boards have not.
const ELSEWHERE: [(&str, &str); 1] = [("vfio", "no IOMMU")];

/// Those that this board has.
fn peers() -> Result<Vec<&'static str>, Failed> {
    let listed = listed()?;
    let mut peers = Vec::new();
    for peer in PEERS {
        let one = listed.iter().find(|one| one.name == peer);
        let one = one.ok_or_else(|| format!("{peer} is not listed"))?;
        match one.missing {
            None => peers.push(peer),
            Some(_) => one.is_missing_because(&ELSEWHERE)?,
        }
    }
    Ok(peers)
}

/// What is to be the same after as before.
fn state(source: &Source) -> impl PartialEq + std::fmt::Debug {
    (
        source.device.clone(),
        source.delivery,
        source.mode,
        (source.storm_limit, source.storm_pause_ms),
        (source.agents, source.files),
    )
}

fn peers_are_measured_on_the_sources_device() -> Outcome {
    let limited = |limit| Settings {
        storm_limit: Some(limit),
        storm_pause: Some(Duration::from_millis(7)),
        ..Settings::default()
    };
    let mut control = Control::open()?;
    let id = control.source(SOURCE)?.id;
    control.set(id, limited(1_000_000), None)?;
    let before = control.source(SOURCE)?;
    let driver_override = Function::of(SOURCE)?.path("driver_override");
    let overridden = fs::read_to_string(&driver_override)?;

    let paths = [&["read"], &peers()?[..]].concat();
    let arguments = [
        "run", "-s", SOURCE, "-n", "40", "--blocks", "2", "--stages", "5", "-p",
    ];
    let report = report(0, &[&arguments[..], &[&paths.join(",")]].concat())?;
    let rows = array(&report["results"])?;
    ensure!(rows.len() == paths.len(), "{rows:?}");
    for row in rows {
        let stage = match row["path"] == "read" {
            true => "irq_to_handler",
            false => "trigger_to_handler",
        };
        ensure!(
            row["received"] == 40 && row["duplicates"] == 0 && row["stage"] == stage,
            "not each event once: {row}"
        );
    }

    let after = control.source(SOURCE)?;
    control.set(after.id, limited(0), None)?;
    ensure!(
        state(&after) == state(&before),
        "it left {after:?}, not {before:?}"
    );
    let left = fs::read_to_string(&driver_override)?;
    ensure!(left == overridden, "the driver override is {left}");
    Board::open(SOURCE)?.raise()
}

/// A run that is in the midst of a peer's events.
fn begin(source: &str, peer: &str) -> Result<Child, Failed> {
    let mut child = command(&["run", "-s", source, "-n", "100000", "--blocks", "1000"])
        .args(["--stages", "0", "-p", peer])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no output")?).lines();
    let second = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.starts_with("round 2 "));
    ensure!(second.is_some(), "{peer} ended by itself");
    // What it says from here on is of no interest, but somebody must read it.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(child)
}

fn ctrl_c_gives_a_peers_device_back() -> Outcome {
    for peer in peers()? {
        let mut child = begin(SOURCE, peer)?;
        kill(Pid::from_raw(child.id() as i32), Signal::SIGINT)?;
        let status = child.wait()?;
        ensure!(status.code() == Some(130), "{peer} ended with {status}");
        Board::open(SOURCE)?.raise()?;
    }
    Ok(())
}

fn a_peers_device_that_leaves_ends_the_run() -> Outcome {
    for peer in peers()? {
        let mut spare = Spare::plug()?;
        let mut child = begin(&spare.name, peer)?;
        spare.unplug()?;
        let status = child.wait()?;
        ensure!(
            status.code().is_some_and(|code| code != 0),
            "{peer} ended with {status}"
        );
    }
    Board::open(SOURCE)?.raise()
}
