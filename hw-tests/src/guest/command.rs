//! The `irqlink` command, as people run it on a board: output, exit codes, and what to do next.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use libtest_mimic::Failed;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::board::*;
use crate::removal::let_it_sleep;
use crate::watch::Watch;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("command":
        sources_and_stats_are_json,
        watch_ends_after_the_number_asked_for,
        an_unknown_source_is_4_and_lists_those_there_are,
        a_source_is_set_by_another_name_of_its_file,
        no_permission_is_5_and_names_the_file,
        a_timeout_is_6,
        what_came_with_the_timeout_counts,
        watch_of_no_number_goes_on,
        watch_ends_though_nobody_reads_its_output,
        doctor_finds_nothing_broken,
    )
}

/// Runs the command.
pub fn irqlink(arguments: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new("irqlink").args(arguments).output()?)
}

/// What a command that succeeded printed.
pub fn json(output: &Output) -> Result<Value, Failed> {
    ensure!(output.status.success(), "{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Fails unless the command ended with this code and said these words.
pub fn ended(output: &Output, code: i32, words: &[&str]) -> Outcome {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() == Some(code) && words.iter().all(|word| said.contains(word)),
        "expected {code} and {words:?}, got {} and {said:?}",
        output.status
    );
    Ok(())
}

fn sources_and_stats_are_json() -> Outcome {
    let board = Board::open(SOURCE)?;
    board.raise()?;
    let head = board.head()?;
    for command in ["sources", "stats"] {
        let all = json(&irqlink(&[command, "--json"])?)?;
        let edu0 = all
            .as_array()
            .and_then(|all| all.iter().find(|one| one["name"] == SOURCE))
            .ok_or_else(|| format!("{command}: no {SOURCE} in {all}"))?;
        ensure!(edu0["raised"] == head, "{command}: {edu0}");
        ensure!(edu0["driver"] == "irqlink_pci", "{command}: {edu0}");
    }
    Ok(())
}

fn watch_ends_after_the_number_asked_for() -> Outcome {
    let board = Board::open(SOURCE)?;
    board.raise_many(3)?;
    let head = board.head()?;
    for path in ["netlink", "read", "signal", "ring"] {
        let from = (head - 1).to_string();
        let output = irqlink(&[
            "watch", SOURCE, "-n", "2", "--from", &from, "-F", "%s", "--path", path,
        ])?;
        let lines = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && lines == format!("{}\n{head}\n", head - 1),
            "{path}: {output:?}"
        );
    }
    Ok(())
}

fn an_unknown_source_is_4_and_lists_those_there_are() -> Outcome {
    for arguments in [
        &["watch", "nothing"][..],
        &["watch", "nothing", "--path", "read"],
        &["stats", "nothing"],
        &["trigger", "nothing"],
    ] {
        ended(&irqlink(arguments)?, 4, &["nothing", SOURCE])?;
    }
    Ok(())
}

fn a_source_is_set_by_another_name_of_its_file() -> Outcome {
    const DOOR: &str = "/tmp/door";
    symlink(format!("/dev/irqlink/{SOURCE}"), DOOR)?;
    let set = irqlink(&["source", "set", DOOR, "--mode", "free"]);
    fs::remove_file(DOOR)?;
    let set = set?;
    ended(&set, 0, &[])?;
    ensure!(set.stdout.starts_with(b"edu0: "), "it said {set:?}");
    Ok(())
}

fn no_permission_is_5_and_names_the_file() -> Outcome {
    for arguments in [&["watch", SOURCE][..], &["trigger", SOURCE]] {
        let output = Command::new("irqlink").args(arguments).uid(1000).output()?;
        ended(&output, 5, &["/dev/irqlink/edu0", "udev"])?;
    }
    // Looking needs no permission.
    let sources = Command::new("irqlink").arg("sources").uid(1000).output()?;
    ended(&sources, 0, &[])
}

fn a_timeout_is_6() -> Outcome {
    let watch = ["watch", SOURCE, "-n", "1", "--timeout", "50ms"];
    ended(&irqlink(&watch)?, 6, &[])
}

/// Both wait for a process that is stopped.
fn what_came_with_the_timeout_counts() -> Outcome {
    let board = Board::open(SOURCE)?;
    let mut watch = Watch::start(SOURCE, &["-n", "3", "--timeout", "4s"])?;
    watch.signal(Signal::SIGSTOP)?;
    board.raise_many(3)?;
    thread::sleep(Duration::from_secs(4));
    watch.signal(Signal::SIGCONT)?;
    let status = watch.wait()?;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

fn watch_of_no_number_goes_on() -> Outcome {
    let board = Board::open(SOURCE)?;
    let mut watch = Watch::start(SOURCE, &["-n", "0"])?;
    board.raise_many(2)?;
    let came = watch.lines()?.take(2).count();
    watch.signal(Signal::SIGTERM)?;
    let status = watch.wait()?;
    ensure!(came == 2 && status.success(), "{came} came, then {status}");
    Ok(())
}

fn watch_ends_though_nobody_reads_its_output() -> Outcome {
    let board = Board::open(SOURCE)?;
    let mut watch = Watch::start(SOURCE, &["--from", "oldest"])?;
    // Each is a line of some 200 bytes, and the pipe takes 64 KiB.
    board.raise_many(600)?;
    let_it_sleep();
    watch.signal(Signal::SIGTERM)?;
    let status = watch.wait()?;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

fn doctor_finds_nothing_broken() -> Outcome {
    let output = irqlink(&["doctor"])?;
    let code = output.status.code();
    ensure!(
        matches!(code, Some(0 | 8)),
        "the doctor found a failure: {output:?}"
    );
    Ok(())
}
