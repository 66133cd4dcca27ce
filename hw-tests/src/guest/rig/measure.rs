//! irqlink-bench on the rig's source.

use std::fs;
use std::path::Path;
use std::process::Command;

use irqlink::Accel;
use irqlink_hw_tests::rig::Trigger;
use libtest_mimic::Failed;
use serde_json::Value;

use super::stand::Stand;
use super::{DONE, Outcome, Test, named, skip};
use crate::board::ensure;

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![
        the_bench_measures_every_path,
        the_path_lengths_are_within_their_limit
    ]
}

/// Leaves the report where the options say.
fn the_bench_measures_every_path(stand: &mut Stand) -> Outcome {
    // irqlink-bench knows how to pull simulated lines.
    let can_trigger = stand.describe()?.trigger || stand.rig().trigger == Trigger::GpioSim;
    if !can_trigger {
        return skip(format!(
            "{} cannot raise its own interrupt, as irqlink-bench has it do",
            stand.source
        ));
    }
    let scratch = tempfile::tempdir()?;
    let own = scratch.path().join("report.json");
    let path = stand.case.report.as_deref().unwrap_or(&own);
    let report = Report::of(&stand.source, stand.rig().events, path)?;
    let allowed = stand.rig().limits.lost;
    for row in &report.rows()? {
        let lost = row["lost"].as_u64();
        ensure!(
            lost.is_some_and(|lost| lost <= allowed),
            "{allowed} may be lost, not {lost:?}: {row}"
        );
    }
    DONE
}

/// p50 of each path.
fn the_path_lengths_are_within_their_limit(stand: &mut Stand) -> Outcome {
    let limits = &stand.rig().limits.path_length;
    if limits.is_empty() {
        return skip("the rig sets no limit to path lengths");
    }
    let scratch = tempfile::tempdir()?;
    let path = scratch.path().join("report.json");
    let report = Report::of(&stand.source, stand.rig().events, &path)?;
    if report.0["environment"]["instruction_clock"] != true {
        return skip("the clock of this board does not count instructions");
    }
    let rows = report.rows()?;
    for (path, limit) in limits {
        let row = rows.iter().find(|row| row["path"] == path.as_str());
        let row = row.ok_or_else(|| format!("no path {path} was measured"))?;
        ensure!(
            row["p50"].as_u64().is_some_and(|p50| p50 <= *limit),
            "above the limit of {limit} instructions: {row}"
        );
    }
    DONE
}

/// A report of irqlink-bench.
struct Report(Value);

impl Report {
    /// Of a run on that source, which leaves it in the file `path`.
    fn of(source: &str, events: u64, path: &Path) -> Result<Report, Failed> {
        // The times of an emulated CPU need no care, and take long.
        let careless = ["--blocks", "2", "--stages", "20"];
        let few = Accel::detect(false).is_emulated().then_some(careless);
        let output = Command::new("irqlink-bench")
            .args(["run", "--source", source, "-n", &events.to_string()])
            .args(few.into_iter().flatten())
            .arg("--json")
            .arg(path)
            .output()
            .map_err(|e| format!("cannot start irqlink-bench: {e}"))?;
        ensure!(
            output.status.success(),
            "irqlink-bench: {}, {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Report(serde_json::from_slice(&fs::read(path)?)?))
    }

    /// One for each path.
    fn rows(&self) -> Result<Vec<Value>, Failed> {
        let rows = self.0["results"].as_array();
        let rows = rows.filter(|rows| !rows.is_empty()).ok_or("no results")?;
        Ok(rows.clone())
    }
}
