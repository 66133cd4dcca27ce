//! `irqlink-bench run`.

use std::fs;
use std::time::Duration;

use irqlink::Sim;
use serde_json::Value;

use super::{array, bench, report};
use crate::board::*;
use crate::command::ended;
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        each_path_is_measured_idle_and_under_load,
        the_way_of_an_event_is_whole,
        the_first_slow_event_stops_the_run_and_keeps_a_trace,
        a_limit_that_is_never_met_is_said,
        a_source_that_cannot_trigger_is_listened_to,
        all_formats_are_written,
    )
}

fn each_path_is_measured_idle_and_under_load() -> Outcome {
    let report = report(
        0,
        &[
            "run",
            "-s",
            SOURCE,
            "-p",
            "netlink,read",
            "-n",
            "20",
            "--blocks",
            "2",
            "--stages",
            "0",
            "--load",
            "cpu,memory,interrupts",
        ],
    )?;
    let rows = array(&report["results"])?;
    for path in ["netlink", "read"] {
        for load in [
            Value::Null,
            "cpu".into(),
            "memory".into(),
            "interrupts".into(),
        ] {
            let row = rows
                .iter()
                .find(|row| row["path"] == path && row["load"] == load);
            let row = row.ok_or_else(|| format!("no row of {path} under {load}: {report}"))?;
            ensure!(row["received"] == 20 && row["lost"] == 0, "{row}");
            let worst = array(&row["worst"])?;
            ensure!(
                worst.len() == 10 && worst[0]["latency"].as_u64() >= row["p50"].as_u64(),
                "{row}"
            );
            ensure!(
                array(&row["unsupported"])?.len() == 4,
                "20 events tell no tail: {row}"
            );
        }
    }
    let loads = &report["environment"]["loads"];
    ensure!(loads["cpu"] == "irqlink-bench load cpu", "{loads}");
    Ok(())
}

/// From each point to the next, none twice, from the trigger to the handler.
fn the_way_of_an_event_is_whole() -> Outcome {
    let arguments = [
        "run",
        "-s",
        SOURCE,
        "-p",
        "netlink,read",
        "-n",
        "4",
        "--blocks",
        "1",
    ];
    let report = report(0, &[&arguments[..], &["--stages", "40"]].concat())?;
    for row in array(&report["results"])? {
        let traced = &row["traced"];
        ensure!(
            traced["events"].as_u64() >= Some(20),
            "few went one way: {row}"
        );
        let parts = array(&traced["parts"])?;
        let ends: Vec<_> = parts.iter().map(|part| part["to"].as_str()).collect();
        let expected = ["irq", "queued", "woken", "received", "handled"].map(Some);
        ensure!(ends == expected, "{traced}");
        let begins = parts.iter().map(|part| part["from"].as_str());
        let expected = ["trigger", "irq", "queued", "woken", "received"].map(Some);
        ensure!(begins.eq(expected), "{traced}");
    }
    Ok(())
}

fn the_first_slow_event_stops_the_run_and_keeps_a_trace() -> Outcome {
    let trace = "/tmp/bench.trace";
    let arguments = [
        "run",
        "-s",
        SOURCE,
        "-p",
        "read",
        "-n",
        "100",
        "--stop-above",
        "1ns",
    ];
    let report = report(9, &[&arguments[..], &["--trace", trace]].concat())?;
    let stopped = &report["stopped"];
    let event = array(&stopped["events"])?.last().ok_or("no event")?;
    ensure!(event["latency"].as_u64() > Some(1), "{stopped}");
    ensure!(
        stopped["path"] == "read" && stopped["trace"] == trace,
        "{stopped}"
    );
    ensure!(report["partial"] == true, "not partial: {report}");
    ensure!(report["results"][0]["received"] == 1, "{report}");
    let trace = fs::read_to_string(trace)?;
    let interrupt = format!(
        "irqlink_irq: source={} seq={}",
        Board::open(SOURCE)?.device().source(),
        event["seq"]
    );
    ensure!(trace.contains(&interrupt), "no {interrupt:?} in {trace}");
    ensure!(trace.contains("sched_switch"), "{trace}");
    Ok(())
}

fn a_limit_that_is_never_met_is_said() -> Outcome {
    // Stages are traced as well, beside the trace that waits for the event.
    let arguments = [
        "run", "-s", SOURCE, "-p", "read", "-n", "5", "--blocks", "1", "--stages", "20",
    ];
    let never = ["--stop-above", "1h", "--timeout", "2h"];
    let output = bench(&[&arguments[..], &never[..]].concat())?;
    ended(&output, 0, &["no event was beyond the limit"])?;
    let table = String::from_utf8_lossy(&output.stdout);
    ensure!(table.contains("tracing was on"), "{table}");
    ensure!(table.contains("until, traced"), "no stages: {table}");
    Ok(())
}

fn a_source_that_cannot_trigger_is_listened_to() -> Outcome {
    let sim = Simulated::add(Sim::new(Duration::from_millis(2)))?;
    let arguments = [
        "run",
        "-s",
        sim.name(),
        "-p",
        "netlink,read",
        "-n",
        "20",
        "--blocks",
        "2",
    ];
    let output = bench(&[&arguments[..], &["--json"]].concat())?;
    ended(
        &output,
        0,
        &["cannot raise its own interrupt", "from outside"],
    )?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let rows = array(&report["results"])?;
    ensure!(rows.len() == 2, "{report}");
    for row in rows {
        ensure!(
            row["received"].as_u64() >= Some(20) && row["lost"] == 0,
            "{row}"
        );
    }
    Ok(())
}

fn all_formats_are_written() -> Outcome {
    let files = [
        "/tmp/bench.json",
        "/tmp/bench.csv",
        "/tmp/bench.html",
        "/tmp/bench.hlog",
    ];
    let [json, csv, html, hdr] = files;
    let arguments = [
        "run", "-s", SOURCE, "-p", "read", "-n", "10", "--blocks", "2",
    ];
    let to = ["--json", json, "--csv", csv, "--html", html, "--hdr", hdr];
    ended(&bench(&[&arguments[..], &to[..]].concat())?, 0, &[])?;
    for (file, words) in
        files
            .into_iter()
            .zip(["\"schema\": 1", "kind,path,", "<svg", "Tag=read-idle,"])
    {
        let text = fs::read_to_string(file)?;
        ensure!(text.contains(words), "no {words:?} in {file}: {text}");
    }
    let merged = bench(&["report", json, "--html", html])?;
    ended(&merged, 0, &[])?;
    let same = bench(&["compare", json, json])?;
    ended(&same, 0, &[])?;
    ensure!(
        String::from_utf8_lossy(&same.stdout).contains("+0.0 %"),
        "{same:?}"
    );
    Ok(())
}
