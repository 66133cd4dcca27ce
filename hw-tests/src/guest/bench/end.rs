//! How runs end before their time.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::Failed;
use nix::mount::{MsFlags, mount, umount};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{array, bench, command, report};
use crate::board::*;
use crate::command::ended;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        ctrl_c_leaves_a_partial_report,
        ctrl_c_in_the_warm_up_is_130,
        ctrl_c_leaves_the_bursts_and_rates_that_were_measured,
        a_full_disk_is_said_and_leaves_nothing,
        without_tracefs_stages_and_traces_are_missing_with_the_reason,
        wrong_usage_is_2,
    )
}

/// Starts a command, and ends it by Ctrl-C when it has said so many lines that begin so. Gives the report, which
/// each of its formats marks as partial.
fn interrupted(arguments: &[&str], lines: usize, begin: &str) -> Result<Value, Failed> {
    let [json, csv, html] = ["/tmp/partial.json", "/tmp/partial.csv", "/tmp/partial.html"];
    let mut child = command(arguments)
        .args(["--json", json, "--csv", csv, "--html", html])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let stderr = child.stderr.take().ok_or("no output")?;
    let mut said = Vec::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        said.push(line);
        if said.iter().filter(|line| line.starts_with(begin)).count() == lines {
            break;
        }
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT)?;
    let status = child.wait()?;
    ensure!(
        status.code() == Some(130),
        "it ended with {status} after {said:?}"
    );
    let report: Value = serde_json::from_slice(&fs::read(json)?)?;
    ensure!(report["partial"] == true, "not partial: {report}");
    let csv = fs::read_to_string(csv)?;
    let marked = csv.lines().skip(1).all(|line| line.ends_with(",true"));
    ensure!(csv.starts_with("kind,") && marked, "not partial: {csv}");
    ensure!(
        fs::read_to_string(html)?.contains("Partial."),
        "the page is not partial"
    );
    ended(&bench(&["report", json])?, 0, &[])?;
    Ok(report)
}

fn ctrl_c_leaves_a_partial_report() -> Outcome {
    let arguments = [
        "run", "-s", SOURCE, "-p", "read", "-n", "100000", "--blocks", "1000",
    ];
    let report = interrupted(&arguments, 3, "round ")?;
    let row = &report["results"][0];
    ensure!(
        row["received"].as_u64() >= Some(200) && row["lost"] == 0,
        "{row}"
    );
    Ok(())
}

fn ctrl_c_in_the_warm_up_is_130() -> Outcome {
    let board = Board::open(SOURCE)?;
    let begun = board.device().info()?.head + 10;
    let file = "/tmp/handler.json";
    let mut child = command(&["handler", "-s", SOURCE, "--warm-up", "50000"])
        .args(["-n", "1", "--json", file])
        .stdout(Stdio::null())
        .spawn()?;
    while board.device().info()?.head < begun && child.try_wait()?.is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT)?;
    let status = child.wait()?;
    ensure!(status.code() == Some(130), "it ended with {status}");
    let report: Value = serde_json::from_slice(&fs::read(file)?)?;
    ensure!(report["partial"] == true, "not partial: {report}");
    Ok(())
}

fn ctrl_c_leaves_the_bursts_and_rates_that_were_measured() -> Outcome {
    let arguments = [
        "burst",
        "-p",
        "read",
        "--lengths",
        "4,4,4,4,4,4",
        "-n",
        "400",
        // The order: nobody, nobody, read, read, read.
        "--seed",
        "1",
    ];
    let report = interrupted(&arguments, 5, "bursts of ")?;
    let whole = array(&report["bursts"])?.len();
    ensure!(whole == 2, "not those that were not cut short: {report}");
    let arguments = ["throughput", "-p", "read", "--consumers", "1,1,1"];
    interrupted(&arguments, 3, "read, ")?;
    Ok(())
}

fn a_full_disk_is_said_and_leaves_nothing() -> Outcome {
    let folder = "/tmp/small";
    fs::create_dir_all(folder)?;
    mount(
        Some("small"),
        folder,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("size=4k"),
    )?;
    let outcome = fill(folder);
    umount(folder)?;
    outcome
}

fn fill(folder: &str) -> Outcome {
    let run = [
        "run", "-s", SOURCE, "-p", "read", "-n", "10", "--blocks", "1", "--stages", "0",
    ];
    // The page, the trace and the log of so many blocks are larger than the disk.
    let blocks = ["-n", "100", "--blocks", "100", "--warm-up", "1"];
    for option in ["--html", "--hdr"] {
        let file = format!("{folder}/file");
        let more = [&blocks[..], &["--stages", "0", option, &file]].concat();
        let output = bench(&[&run[..5], &more[..]].concat())?;
        ended(&output, 11, &[&file, "the disk is full"])?;
        let table = String::from_utf8_lossy(&output.stdout);
        ensure!(table.contains("read"), "the results are gone: {table}");
        is_empty(folder)?;
    }
    let file = format!("{folder}/trace");
    let stop = ["--stop-above", "1ns", "--trace", &file];
    let report = report(9, &[&run[..], &stop[..]].concat())?;
    let why = report["stopped"]["no_trace"].as_str().unwrap_or_default();
    ensure!(
        why.contains(&file) && why.contains("the disk is full"),
        "the trace: {report}"
    );
    is_empty(folder)
}

fn is_empty(folder: &str) -> Outcome {
    let left = fs::read_dir(folder)?.count();
    ensure!(left == 0, "{left} files were left behind");
    Ok(())
}

const TRACEFS: &str = "/sys/kernel/tracing";

fn without_tracefs_stages_and_traces_are_missing_with_the_reason() -> Outcome {
    umount(TRACEFS)?;
    let outcome = untraced();
    mount(
        Some("tracefs"),
        TRACEFS,
        Some("tracefs"),
        MsFlags::empty(),
        None::<&str>,
    )?;
    outcome?;
    ensure!(
        Path::new(TRACEFS).join("instances").exists(),
        "tracefs did not come back"
    );
    Ok(())
}

fn untraced() -> Outcome {
    let arguments = [
        "run", "-s", SOURCE, "-p", "read", "-n", "5", "--blocks", "1",
    ];
    let plain = report(0, &arguments)?;
    let missing = plain["results"][0]["traced"]["missing"]
        .as_str()
        .unwrap_or_default();
    ensure!(missing.contains("tracefs"), "no reason: {plain}");
    let stop = [&arguments[..], &["--stop-above", "1ns", "--json"]].concat();
    let output = bench(&stop)?;
    ended(&output, 9, &["no trace will be kept", "tracefs"])?;
    let stopped: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(stopped["stopped"]["no_trace"].is_string(), "{stopped}");
    Ok(())
}

fn wrong_usage_is_2() -> Outcome {
    ended(&bench(&["run", "-n", "0"])?, 2, &["--num"])?;
    ended(
        &bench(&["run", "--path", "pigeon"])?,
        2,
        &["there are: netlink"],
    )?;
    ended(&bench(&["burst", "--lengths", "2000"])?, 2, &["--lengths"])?;
    ended(
        &bench(&["throughput", "--path", "udp"])?,
        2,
        &["there are: netlink"],
    )?;
    let beyond = ["run", "--stop-above", "1s"];
    ended(&bench(&beyond)?, 2, &["less than --timeout (1000 ms)"])?;
    let nowhere = ["--stop-above", "500ms", "--trace", "/nowhere/trace"];
    ended(
        &bench(&[&["run"], &nowhere[..]].concat())?,
        11,
        &["there is no such folder"],
    )?;
    ended(&bench(&["run", "--stop-above", "1"])?, 2, &["200us"])
}
