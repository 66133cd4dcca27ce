//! `irqlink-bench` measures every path that the board has, and says why it has not the others.

use std::process::Command;

use irqlink::Control;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        each_path_is_measured_or_skipped_with_a_reason,
        a_path_that_is_not_to_be_had_is_8,
    )
}

/// Paths that every board has.
const EVERYWHERE: [&str; 16] = [
    "netlink",
    "multicast",
    "read",
    "read-blocking",
    "ioctl",
    "signalfd",
    "sigwaitinfo",
    "signal-handler",
    "ring-poll",
    "ring-eventfd",
    "ring-adaptive",
    "ring-busy",
    "sysfs",
    "procfs",
    "udp",
    "timer",
];

/// What the reason says of each path that some boards have not.
const ELSEWHERE: [(&str, &str); 3] = [
    ("netlink-thread", "so it is the path netlink"),
    ("bpf-ringbuf", "may sleep on PREEMPT_RT"),
    ("gpio-cdev", "no line of gpio-sim"),
];

fn names(list: &Value) -> Result<Vec<String>, Failed> {
    let list = list.as_array().ok_or("no list")?;
    let name = |one: &Value| one["path"].as_str().unwrap_or_default().to_owned();
    Ok(list.iter().map(name).collect())
}

fn each_path_is_measured_or_skipped_with_a_reason() -> Outcome {
    let before = Control::open()?.source(SOURCE)?;
    let output = Command::new("irqlink-bench")
        .args(["run", "--source", SOURCE, "--num", "40", "--blocks", "2"])
        .args(["--warm-up", "2", "--json", "-"])
        .output()?;
    ensure!(output.status.success(), "irqlink-bench: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let measured = names(&report["results"])?;
    let skipped = match &report["skipped"] {
        Value::Null => Vec::new(),
        list => names(list)?,
    };
    for one in report["skipped"].as_array().into_iter().flatten() {
        let why = one["why"].as_str().unwrap_or_default();
        ensure!(
            ELSEWHERE
                .iter()
                .any(|(path, words)| one["path"] == *path && why.contains(words)),
            "skipped without a good reason: {one}"
        );
    }
    for path in EVERYWHERE {
        ensure!(
            measured.iter().any(|name| name == path),
            "{path} was not measured, but {measured:?} were"
        );
    }
    for row in report["results"].as_array().into_iter().flatten() {
        ensure!(
            row["received"] == 40 && row["duplicates"] == 0,
            "not each event once: {row}"
        );
    }

    let listed = Command::new("irqlink-bench")
        .args(["paths", "--source", SOURCE])
        .output()?;
    let listed = String::from_utf8(listed.stdout)?;
    for name in measured.iter().chain(&skipped) {
        ensure!(
            listed
                .lines()
                .any(|line| line.split(' ').next() == Some(name)),
            "{name} is not listed in {listed}"
        );
    }
    let reasons = listed.matches("not to be had here: ").count();
    ensure!(
        reasons == skipped.len(),
        "{} were skipped, but {reasons} reasons are listed in {listed}",
        skipped.len()
    );
    let after = Control::open()?.source(SOURCE)?;
    ensure!(
        (after.delivery, after.agents, after.files)
            == (before.delivery, before.agents, before.files),
        "it left {after:?}, not {before:?}"
    );
    Ok(())
}

fn a_path_that_is_not_to_be_had_is_8() -> Outcome {
    for paths in ["gpio-cdev", "read,gpio-cdev"] {
        let output = Command::new("irqlink-bench")
            .args(["run", "--source", SOURCE, "--num", "5", "--path", paths])
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.code() == Some(8) && errors.contains("no line of gpio-sim"),
            "{paths}: {output:?}"
        );
    }
    Ok(())
}
