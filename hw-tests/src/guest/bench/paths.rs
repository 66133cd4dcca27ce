//! `irqlink-bench` measures every path that the board has, and says why it has not the others.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use irqlink::{Control, Sim};
use libtest_mimic::Failed;
use serde_json::Value;

use super::peers::PEERS;
use super::{array, bench, command, listed, report};
use crate::board::*;
use crate::command::ended;
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        each_path_is_measured_or_skipped_with_a_reason,
        a_path_that_is_not_to_be_had_is_8,
        events_of_other_sources_do_not_count,
        with_a_source_that_cannot_trigger_the_list_says_what_can_listen,
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
    let mut listed = listed()?;
    // They have tests of their own.
    listed.retain(|one| !PEERS.contains(&one.name.as_str()));
    let paths: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
    let here = |is: bool| listed.iter().filter(move |one| one.missing.is_none() == is);
    // Without stages: tracepoints switched on and off for each path have killed emulated kernels (int3).
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
        "--stages",
        "0",
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
    for one in here(true) {
        ensure!(measured.contains(&one.name), "{one:?} was not measured");
    }
    for row in array(&report["results"])? {
        ensure!(
            row["received"] == 40 && row["duplicates"] == 0,
            "not each event once: {row}"
        );
    }
    let skipped = names(&report["skipped"]).unwrap_or_default();
    for one in here(false) {
        ensure!(skipped.contains(&one.name), "{one:?} was not skipped");
        one.is_missing_because(&ELSEWHERE)?;
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

/// Another source fires all the time, from far ahead in its numbers to its end.
fn events_of_other_sources_do_not_count() -> Outcome {
    let other = Simulated::add(Sim {
        burst: 8,
        ..Sim::new(Duration::from_millis(2))
    })?;
    let file = "/tmp/multicast.json";
    let mut child = command(&["run", "-s", SOURCE, "-p", "multicast", "-n", "100"])
        .args(["--blocks", "10", "--stages", "0", "--json", file])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let lines = BufReader::new(child.stderr.take().ok_or("no output")?).lines();
    let mut said = Vec::new();
    for line in lines.map_while(Result::ok) {
        if line.starts_with("round 5 ") {
            other.remove()?;
        }
        said.push(line);
    }
    let status = child.wait()?;
    ensure!(status.code() == Some(0), "it ended with {status}: {said:?}");
    let report: Value = serde_json::from_slice(&fs::read(file)?)?;
    let row = &report["results"][0];
    ensure!(
        row["received"] == 100 && row["events"] == 100 && row["duplicates"] == 0,
        "not each event of its own source once: {row}"
    );
    Ok(())
}

fn with_a_source_that_cannot_trigger_the_list_says_what_can_listen() -> Outcome {
    let sim = Simulated::add(Sim::new(Duration::from_secs(1)))?;
    let output = bench(&["paths", "--source", sim.name()])?;
    ended(&output, 0, &["cannot raise its own interrupt"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let timer = text.lines().skip_while(|line| !line.starts_with("timer"));
    let why = timer.take(2).last().unwrap_or_default();
    ensure!(why.contains("cannot come from outside"), "{text}");
    Ok(())
}
