//! `irqlink-bench burst` and `throughput`.

use super::{array, report};
use crate::board::*;
use crate::removal::sources;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("bench":
        bursts_of_each_length_arrive_whole,
        rates_are_measured_for_several_consumers,
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
