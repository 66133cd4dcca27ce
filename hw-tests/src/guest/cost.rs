//! What an event costs, in instructions, on a board whose clock counts them: the limits are those
//! of the stock Debian 6.12 kernel.

use std::process::Command;

use irqlink::{Control, Edges, Gpio, GpioLine, NewSource};
use libtest_mimic::Failed;
use nix::sys::utsname::uname;
use serde_json::Value;

use crate::bench::{array, report};
use crate::board::*;
use crate::sim_chip::SimChip;
use crate::trial::skip_if;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    let mut tests = trials!("path_length":
        the_paths_stay_within_their_limits_and_repeat,
        the_handler_does_the_same_for_one_consumer_and_for_eight,
        an_event_in_a_long_burst_costs_little_by_netlink,
        bursts_by_baselines_are_accounted_for,
        the_mapped_ring_costs_less_than_the_eventfd_of_vfio,
    );
    tests.extend(skip_if(
        SimChip::missing(),
        trials!("path_length": a_line_costs_less_by_read_than_by_the_character_device),
    ));
    tests
}

/// The rows of a report of `irqlink-bench`.
fn bench(source: &str, arguments: &[&str]) -> Result<Vec<Value>, Failed> {
    let output = Command::new("irqlink-bench")
        .args(arguments)
        .args([
            "--source",
            source,
            "--measure",
            "path-length",
            "--json",
            "-",
        ])
        .output()?;
    ensure!(output.status.success(), "irqlink-bench: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let rows = report["results"].as_array().ok_or("no results")?;
    for row in rows {
        ensure!(
            row["lost"] == 0 && row["received"] == row["events"],
            "not all arrived: {row}"
        );
    }
    Ok(rows.clone())
}

/// The kernel is Debian's. A leaner one takes fewer instructions for a wake-up, so that others weigh more.
fn is_debians() -> Result<bool, Failed> {
    Ok(uname()?.release().to_string_lossy().contains("deb"))
}

/// p50 of the row of a path.
fn p50(rows: &[Value], path: &str) -> Result<u64, Failed> {
    let row = rows.iter().find(|row| row["path"] == path);
    let p50 = row.and_then(|row| row["p50"].as_u64());
    p50.ok_or_else(|| format!("no p50 of {path} in {rows:?}").into())
}

fn the_paths_stay_within_their_limits_and_repeat() -> Outcome {
    let run = || {
        bench(
            SOURCE,
            &["run", "--path", "netlink,read,signalfd,ring-poll"],
        )
    };
    let [first, second] = [run()?, run()?];
    for (path, limit) in [
        ("netlink", 8_000),
        ("read", 5_200),
        ("signalfd", u64::MAX),
        ("ring-poll", 4_400),
    ] {
        let (one, other) = (p50(&first, path)?, p50(&second, path)?);
        ensure!(
            one <= limit && other <= limit,
            "{path}: {one} and {other} instructions, the limit is {limit}"
        );
        ensure!(
            one.abs_diff(other) * 100 <= one,
            "{path}: two runs gave {one} and {other}, more than 1 % apart"
        );
    }
    let (netlink, read) = (p50(&first, "netlink")?, p50(&first, "read")?);
    let percent = if is_debians()? { 160 } else { 165 };
    ensure!(
        netlink * 100 <= read * percent,
        "netlink takes {netlink} instructions, more than {percent} % of the {read} of read"
    );
    Ok(())
}

fn the_handler_does_the_same_for_one_consumer_and_for_eight() -> Outcome {
    const LIMIT: u64 = 400;
    let handler = |consumers: &str| -> Result<u64, Failed> {
        let rows = bench(SOURCE, &["handler", "-n", "200", "--consumers", consumers])?;
        p50(&rows, "handler")
    };
    let (one, eight) = (handler("1")?, handler("8")?);
    ensure!(
        one <= LIMIT,
        "the handler takes {one} instructions, the limit is {LIMIT}"
    );
    ensure!(
        eight <= one,
        "{eight} instructions with 8 consumers, {one} with 1"
    );
    Ok(())
}

/// All that the CPU does, less what it does with nobody listening.
fn an_event_in_a_long_burst_costs_little_by_netlink() -> Outcome {
    const LIMIT: f64 = 600.0;
    let arguments = ["burst", "--path", "netlink", "--lengths", "256"];
    let report = report(0, &[&arguments[..], &["--measure", "path-length"]].concat())?;
    let burst = &report["bursts"][0];
    let cost = |key: &str| burst[key].as_f64().ok_or(format!("no {key} in {burst}"));
    let cost = cost("cost")? - cost("cost_without")?;
    ensure!(burst["lost"] == 0, "not all arrived: {burst}");
    ensure!(
        (1.0..=LIMIT).contains(&cost),
        "an event costs {cost:.0} instructions, the limit is {LIMIT}"
    );
    Ok(())
}

/// Some keep each event, some only the newest.
fn bursts_by_baselines_are_accounted_for() -> Outcome {
    const PATHS: [(&str, bool); 4] = [
        ("udp", true),
        ("bpf-ringbuf", true),
        ("sysfs", false),
        ("procfs", false),
    ];
    let paths = PATHS.map(|(path, _)| path).join(",");
    let arguments = ["burst", "--measure", "path-length", "--lengths", "1,16"];
    let report = report(0, &[&arguments[..], &["-n", "64", "-p", &paths]].concat())?;
    let bursts = array(&report["bursts"])?;
    ensure!(bursts.len() == 2 * PATHS.len(), "{report}");
    for burst in bursts {
        let count = |key: &str| burst[key].as_u64().ok_or(format!("no {key}: {burst}"));
        let (events, received, lost) = (count("events")?, count("received")?, count("lost")?);
        ensure!(received > 0 && events == received + lost, "{burst}");
        let keeps_each = PATHS.contains(&(burst["path"].as_str().unwrap_or_default(), true));
        ensure!(
            (lost == 0) == (keeps_each || burst["length"] == 1),
            "{burst}"
        );
    }
    Ok(())
}

/// From the same trigger, as VFIO stamps nothing.
fn the_mapped_ring_costs_less_than_the_eventfd_of_vfio() -> Outcome {
    let rows = bench(SOURCE, &["run", "--path", "ring-poll,vfio", "-n", "500"])?;
    let from_trigger = |path: &str| -> Result<u64, Failed> {
        let row = rows.iter().find(|row| row["path"] == path);
        let p50 = row.and_then(|row| row["stages"]["trigger_to_handler"]["p50"].as_u64());
        p50.ok_or_else(|| format!("no figure of {path} in {rows:?}").into())
    };
    let (ring, vfio) = (from_trigger("ring-poll")?, from_trigger("vfio")?);
    let percent = if is_debians()? { 90 } else { 95 };
    ensure!(
        ring * 100 <= vfio * percent,
        "the ring takes {ring} instructions, more than {percent} % of the {vfio} of VFIO"
    );
    Ok(())
}

/// On the same simulated line, from the stamp in hard IRQ to the handler. The character device wakes its
/// interrupt's thread, which wakes the reader: one switch more than by `read`, and about what netlink
/// costs more. The line is a source again after the character device had it.
fn a_line_costs_less_by_read_than_by_the_character_device() -> Outcome {
    let chip = SimChip::new(2)?;
    let line = Gpio {
        line: GpioLine::Offset {
            chip: chip.label.clone(),
            offset: 1,
        },
        edges: Edges::Rising,
        debounce: None,
    };
    Control::open()?.add(&NewSource::new(line).named("line"))?;
    let rows = bench("line", &["run", "--path", "netlink,read,gpio-cdev"])?;
    let cdev = p50(&rows, "gpio-cdev")?;
    for (path, percent) in [("netlink", 115), ("read", 78)] {
        let ours = p50(&rows, path)?;
        ensure!(
            ours * 100 <= cdev * percent,
            "{path} takes {ours} instructions, more than {percent} % of the {cdev} of gpio-cdev"
        );
    }
    let mut control = Control::open()?;
    let line = control.source("line")?;
    Ok(control.remove(line.id)?)
}
