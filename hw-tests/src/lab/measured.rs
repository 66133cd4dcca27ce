//! What irqlink-bench measures on a board.

use std::fs;
use std::path::Path;
use std::time::Duration;

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::{Job, Step};
use serde_json::Value;

use crate::device_tree;
use crate::error::{Context, Error, Result};
use crate::guest;
use crate::kernel::{Flavour, Kernel};
use crate::module;
use crate::paths;
use crate::progress::Progress;
use crate::qemu::{Accel, Board};
use crate::vm::{Limits, Run};

const BENCH: &str = "irqlink-bench";
const REPORT: &str = "/out/report.json";
const LIMIT: Duration = Duration::from_secs(900);

/// A report of irqlink-bench.
pub struct Report(Value);

/// p50 of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Length {
    /// Its name.
    pub path: String,
    /// Instructions, or ns.
    pub p50: u64,
}

/// What an event costs in bursts of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Name of its path.
    pub path: String,
    /// Events of a burst.
    pub length: u64,
    /// Instructions for each, without those that it takes if nobody listens.
    pub cost: u64,
}

/// A call of irqlink-bench on a board of its own.
pub struct Measurement<'a> {
    /// Name of its folder of logs.
    pub name: &'a str,
    /// The kernel.
    pub kernel: Flavour,
    /// How it is executed.
    pub accel: Accel,
    /// What is done before.
    pub before: Vec<Step>,
    /// Arguments of irqlink-bench.
    pub arguments: &'a [&'a str],
}

impl Measurement<'_> {
    /// Boots the board and measures.
    ///
    /// # Errors
    /// Those of the board, and of what runs on it.
    pub fn take(self, progress: Progress) -> Result<Report> {
        let kernel = Kernel::find(self.kernel, progress)?;
        let command = [BENCH].into_iter().chain(self.arguments.iter().copied());
        let mut steps = self.before;
        steps.push(Step::run(command.chain(["--json", REPORT])));
        let job = Job {
            modules: module::all(),
            steps,
            collect: vec![REPORT.into()],
            ..Job::default()
        };
        let contents = guest::contents(&kernel, &job, progress)?;
        let board = Board {
            image: device_tree::image(&kernel)?,
            accel: self.accel,
            edu: 1,
            ivshmem: 0,
            ssh_port: None,
        };
        let title = format!("{}-{}", self.name, self.kernel.name());
        let logs = paths::lab().join(&title);
        let run = Run {
            board: &board,
            contents: &contents,
            job: &job,
            logs: &logs,
            limits: Limits::of(LIMIT),
        };
        let phase = progress.start(&format!("measure {title}"));
        run.go(&mut |_, _: Kind, _| {})?.check()?;
        drop(phase);
        Report::read(&logs.join("report.json"))
    }
}

impl Report {
    /// Of `irqlink-bench` with these arguments, on a board with that kernel that counts instructions.
    pub fn make(flavour: Flavour, arguments: &[&str], progress: Progress) -> Result<Report> {
        let measurement = Measurement {
            name: arguments[0],
            kernel: flavour,
            accel: Accel::PathLength,
            before: Vec::new(),
            arguments,
        };
        measurement.take(progress)
    }

    fn read(file: &Path) -> Result<Report> {
        let what = || format!("cannot read {}", file.display());
        let text = fs::read(file).context(what)?;
        let json = serde_json::from_slice(&text).map_err(|e| Error::io(what(), e.into()))?;
        Ok(Report(json))
    }

    /// Release of the kernel.
    pub fn kernel(&self) -> &str {
        self.0["environment"]["kernel"].as_str().unwrap_or("")
    }

    /// Of each path that was measured, in order of their names.
    pub fn lengths(&self) -> Vec<Length> {
        let rows = self.0["results"].as_array().into_iter().flatten();
        let length = |row: &Value| {
            Some(Length {
                path: row["path"].as_str()?.to_owned(),
                p50: row["p50"].as_u64()?,
            })
        };
        let mut lengths: Vec<_> = rows.filter_map(length).collect();
        lengths.sort_by(|a, b| a.path.cmp(&b.path));
        lengths
    }

    /// Of each path and length.
    pub fn bursts(&self) -> Vec<Burst> {
        let rows = self.0["bursts"].as_array().into_iter().flatten();
        let burst = |row: &Value| {
            let without = row["cost_without"].as_f64()?;
            Some(Burst {
                path: row["path"].as_str()?.to_owned(),
                length: row["length"].as_u64()?,
                cost: (row["cost"].as_f64()? - without).max(0.0) as u64,
            })
        };
        rows.filter_map(burst).collect()
    }
}
