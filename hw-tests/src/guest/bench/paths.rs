//! `irqlink-bench` measures every path that the board has, and says why it has not the others.

use irqlink::Control;
use libtest_mimic::Failed;
use serde_json::Value;

use super::peers::PEERS;
use super::{array, bench, report};
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

/// The paths that are listed, but for peers, which have tests of their own; and whether each is to be had.
fn listed() -> Result<Vec<(String, bool)>, Failed> {
    let output = bench(&["paths", "--source", SOURCE])?;
    let text = String::from_utf8(output.stdout)?;
    let mut paths: Vec<(String, bool)> = Vec::new();
    for line in text.lines() {
        match (line.split(' ').next(), paths.last_mut()) {
            (Some(""), Some((_, is_here))) => {
                ensure!(line.contains("not to be had here: "), "{text}");
                *is_here = false;
            }
            (Some(name), _) => paths.push((name.to_owned(), true)),
            (None, _) => return Err(text.into()),
        }
    }
    paths.retain(|(name, _)| !PEERS.contains(&name.as_str()));
    Ok(paths)
}

fn each_path_is_measured_or_skipped_with_a_reason() -> Outcome {
    let before = Control::open()?.source(SOURCE)?;
    let listed = listed()?;
    let paths: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    let here = |is: bool| listed.iter().filter(move |(_, is_here)| *is_here == is);
    let arguments = [
        "run",
        "-s",
        SOURCE,
        "-n",
        "40",
        "--blocks",
        "2",
        "--warm-up",
        "2",
        "-p",
    ];
    let code = if here(false).count() == 0 { 0 } else { 8 };
    let report = report(code, &[&arguments[..], &[&paths.join(",")]].concat())?;
    let measured = names(&report["results"])?;
    for path in EVERYWHERE {
        ensure!(
            measured.iter().any(|name| name == path),
            "{path} was not measured, but {measured:?} were"
        );
    }
    for (path, _) in here(true) {
        ensure!(measured.contains(path), "{path} was not measured: {report}");
    }
    for row in array(&report["results"])? {
        ensure!(
            row["received"] == 40 && row["duplicates"] == 0,
            "not each event once: {row}"
        );
    }
    for (path, _) in here(false) {
        let skipped = report["skipped"].as_array().into_iter().flatten();
        let one = skipped.into_iter().find(|one| one["path"] == *path);
        let one = one.ok_or_else(|| format!("{path} is neither measured nor skipped"))?;
        let why = one["why"].as_str().unwrap_or_default();
        ensure!(
            ELSEWHERE
                .iter()
                .any(|(name, words)| path == name && why.contains(words)),
            "skipped without a good reason: {one}"
        );
    }
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
        let output = bench(&["run", "--source", SOURCE, "--num", "5", "--path", paths])?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.code() == Some(8) && errors.contains("no line of gpio-sim"),
            "{paths}: {output:?}"
        );
    }
    Ok(())
}
