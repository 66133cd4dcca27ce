//! `irqlink-bench burst` and `throughput`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use irqlink::{Control, Delivery, Sim};
use libtest_mimic::Failed;
use nix::kmod::{DeleteModuleFlags, delete_module};
use serde_json::Value;

use super::{array, bench, command, report};
use crate::board::*;
use crate::command::ended;
use crate::removal::{load, sources};
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        bursts_of_each_length_arrive_whole,
        rates_are_measured_for_several_consumers,
        netlink_thread_is_measured_where_it_is_another_path,
        bursts_that_were_measured_before_an_error_stay,
        a_path_whose_module_is_not_loaded_is_8,
    )
}

fn bursts_of_each_length_arrive_whole() -> Outcome {
    let before = sources()?;
    let arguments = [
        "burst",
        "-p",
        "netlink,read",
        "--lengths",
        "1,16,1024",
        "-n",
        "32",
    ];
    let report = report(0, &arguments)?;
    let bursts = array(&report["bursts"])?;
    ensure!(bursts.len() == 6, "{report}");
    let consumer = &report["environment"]["receiver"];
    ensure!(
        consumer["policy"] == "SCHED_FIFO" && consumer["priority"] == 80,
        "the consumer: {consumer}"
    );
    for burst in bursts {
        let (events, length) = (burst["events"].as_u64(), burst["length"].as_u64());
        let whole = events
            .zip(length)
            .is_some_and(|(events, length)| events > 0 && events % length == 0);
        ensure!(whole && burst["lost"] == 0, "{burst}");
        ensure!(burst["received"] == burst["events"], "{burst}");
    }
    ensure!(sources()? == before, "a simulated source was left behind");
    Ok(())
}

fn rates_are_measured_for_several_consumers() -> Outcome {
    let arguments = [
        "throughput",
        "-p",
        "read",
        "--consumers",
        "1,4",
        "--batch",
        "1,32",
        "--duration",
        "50ms",
    ];
    let report = report(0, &arguments)?;
    let rows = array(&report["throughput"])?;
    ensure!(rows.len() == 4, "{report}");
    for row in rows {
        let steps = array(&row["steps"])?;
        let raised = steps.iter().all(|step| step["raised"].as_f64() > Some(0.0));
        ensure!(!steps.is_empty() && raised, "{row}");
    }
    Ok(())
}

fn netlink_thread_is_measured_where_it_is_another_path() -> Outcome {
    let sim = Simulated::add(Sim::new(Duration::from_secs(1)))?;
    let delivery = Control::open()?.source(sim.name())?.delivery;
    let (code, rows) = match delivery {
        Delivery::Thread => (8, 1),
        _ => (0, 2),
    };
    let paths = ["-p", "read,netlink-thread"];
    let burst = ["burst", "--lengths", "4", "-n", "40"];
    let burst = report(code, &[&burst[..], &paths].concat())?;
    ensure!(array(&burst["bursts"])?.len() == rows, "{burst}");
    let rates = [
        "throughput",
        "--consumers",
        "2",
        "--batch",
        "1",
        "--duration",
        "20ms",
    ];
    let rates = report(code, &[&rates[..], &paths].concat())?;
    ensure!(array(&rates["throughput"])?.len() == rows, "{rates}");
    for one in [burst, rates].iter().filter(|_| code == 8) {
        let why = one["skipped"][0]["why"].as_str().unwrap_or_default();
        ensure!(why.contains("so it is the path netlink"), "{one}");
    }
    Ok(())
}

fn unload() -> Outcome {
    Ok(delete_module(
        c"irqlink_bench",
        DeleteModuleFlags::O_NONBLOCK,
    )?)
}

fn bursts_that_were_measured_before_an_error_stay() -> Outcome {
    let outcome = cut_short();
    load("irqlink_bench")?;
    let (code, report) = outcome?;
    ensure!(
        code == Some(1) && report["partial"] == true,
        "{code:?}: {report}"
    );
    let bursts = array(&report["bursts"])?;
    ensure!(
        bursts.len() == 1 && bursts[0]["path"] == "read",
        "what it had measured is gone: {report}"
    );
    Ok(())
}

/// Takes the module of the last part away while the first is measured.
fn cut_short() -> Result<(Option<i32>, Value), Failed> {
    let file = "/tmp/burst.json";
    let mut child = command(&["burst", "-p", "read,procfs", "--lengths", "1", "-n", "40"])
        // The order: read, nobody, procfs.
        .args(["--seed", "1", "--json", file])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let lines = BufReader::new(child.stderr.take().ok_or("no output")?).lines();
    for line in lines.map_while(Result::ok) {
        if line.starts_with("bursts of 1: read") {
            unload()?;
        }
    }
    let code = child.wait()?.code();
    Ok((code, serde_json::from_slice(&fs::read(file)?)?))
}

fn a_path_whose_module_is_not_loaded_is_8() -> Outcome {
    unload()?;
    let output = bench(&["burst", "-p", "procfs", "--lengths", "1"]);
    load("irqlink_bench")?;
    ended(&output?, 8, &["irqlink_bench is not loaded"])
}
