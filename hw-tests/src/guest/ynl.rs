//! The kernel's own netlink client, cli.py of YNL, drives the family by nothing but its specification.

use std::process::Command;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::trial::Trial;

const PYTHON: &str = "/usr/bin/python3.11";
const CLI: &str = "/linux/tools/net/ynl/cli.py";
const SPEC: &str = "/linux/Documentation/netlink/specs/irqlink.yaml";

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        Trial::test("ynl::sources_are_listed", sources_are_listed),
        Trial::test(
            "ynl::a_trigger_shows_in_the_ledger",
            a_trigger_shows_in_the_ledger,
        ),
        Trial::test(
            "ynl::an_unknown_source_is_refused_in_words",
            an_unknown_source_is_refused_in_words,
        ),
    ]
}

fn sources_are_listed() -> Result<(), Failed> {
    let edu0 = edu0()?;
    for (name, expected) in [
        ("driver", json!("irqlink_pci")),
        ("record-size", json!(64)),
        ("features", json!(["trigger"])),
    ] {
        if edu0[name] != expected {
            return Err(format!("{name} is not {expected}: {edu0}").into());
        }
    }
    Ok(())
}

fn a_trigger_shows_in_the_ledger() -> Result<(), Failed> {
    let before = edu0()?;
    let _reader = std::fs::File::open("/dev/irqlink/edu0")?;
    ynl(&[
        "--do",
        "trigger",
        "--json",
        &json!({"id": before["id"]}).to_string(),
    ])?;
    let after = edu0()?;
    if after["raised"].as_u64() != before["raised"].as_u64().map(|raised| raised + 1) {
        return Err(format!("one trigger led from {before} to {after}").into());
    }
    let ledger = ynl(&["--dump", "consumer-get"])?;
    let pid = std::process::id();
    let reader = ledger
        .as_array()
        .and_then(|all| all.iter().find(|consumer| consumer["pid"] == pid));
    let reader =
        reader.ok_or_else(|| format!("the open file of process {pid} has no ledger: {ledger}"))?;
    let is_whole = reader["kind"] == "file"
        && reader["raised"] == 1
        && reader["pending"] == 1
        && reader["lost"] == 0;
    is_whole
        .then_some(())
        .ok_or_else(|| format!("not one pending event: {reader}").into())
}

fn an_unknown_source_is_refused_in_words() -> Result<(), Failed> {
    match ynl(&["--do", "trigger", "--json", r#"{"id": 4000000}"#]) {
        Ok(reply) => Err(format!("was accepted: {reply}").into()),
        Err(said) if said.contains("ENOENT") || said.contains("No such file") => Ok(()),
        Err(said) => Err(said.into()),
    }
}

fn edu0() -> Result<Value, Failed> {
    let sources = ynl(&["--dump", "source-get"])?;
    let edu0 = sources
        .as_array()
        .and_then(|all| all.iter().find(|source| source["name"] == "edu0"));
    edu0.cloned()
        .ok_or_else(|| format!("edu0 is not among the sources: {sources}").into())
}

/// Calls cli.py; gives its JSON output, or all that it said.
fn ynl(args: &[&str]) -> Result<Value, String> {
    let mut python = Command::new(PYTHON);
    // The schema was checked on the host, where it is quick.
    python
        .args([CLI, "--spec", SPEC, "--no-schema", "--output-json"])
        .args(args);
    let output = python.output().map_err(|e| format!("{PYTHON}: {e}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    match output.status.success() {
        true => serde_json::from_str(&stdout).map_err(|e| format!("{args:?}: {e} in: {stdout}")),
        false => Err(format!(
            "{stdout}{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
