//! `irqlink-lab demo`: interrupts, arriving; then the ways of their delivery, compared.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::{Job, Step};

use crate::accel;
use crate::command;
use crate::error::Result;
use crate::guest;
use crate::initramfs::Contents;
use crate::kernel::{Flavour, Kernel};
use crate::module;
use crate::paths;
use crate::progress::Progress;
use crate::qemu::{Accel, Board};
use crate::vm::{Limits, Run};

const LIMIT: Duration = Duration::from_secs(120);
/// Where `irqlink-bench` leaves its report in the guest.
const REPORT: &str = "/out/report.json";
const BENCH: &str = "irqlink-bench";

/// Runs the demo.
pub fn run(progress: Progress) -> Result<()> {
    let kernel = Kernel::find(Flavour::shown(), progress)?;
    let (arrivals, path_lengths) = (arrivals(), path_lengths());
    let contents = guest::contents(&kernel, &arrivals, progress)?;
    let accel = accel::fastest(&kernel, &contents.init, progress)?;
    println!("{}\n", machine(accel));
    println!(
        "Linux {} with QEMU's edu PCIe device; irqlink agent receives its interrupts by netlink:",
        kernel.release
    );

    let demo = Demo {
        kernel: &kernel,
        contents: &contents,
        logs: paths::lab().join("demo"),
        progress,
    };
    let times = demo.board(
        accel,
        "time",
        &arrivals,
        "raise interrupts, and measure times",
    )?;
    let lengths = demo.board(
        Accel::PathLength,
        "path-length",
        &path_lengths,
        "measure path lengths",
    )?;
    let report = demo.logs.join("report.json");
    println!("\nThe ways from the interrupt to a sleeping program:");
    print!("{}", demo.merge(&[times, lengths], &report)?);
    println!(
        "\nreport: {}",
        report
            .strip_prefix(paths::root())
            .unwrap_or(&report)
            .display()
    );
    Ok(())
}

/// What the numbers of this machine are worth.
fn machine(accel: Accel) -> &'static str {
    match accel {
        Accel::Kvm => {
            "virtual machine on this CPU: times include the hypervisor's; path lengths are exact"
        }
        Accel::Tcg | Accel::PathLength => {
            "emulated CPU: times are not hardware latencies; path lengths are exact"
        }
    }
}

/// A measurement of all paths, short enough to be waited for.
fn measure(what: &str) -> [&str; 8] {
    [
        BENCH,
        "run",
        "--measure",
        what,
        "-n",
        "1000",
        "--json",
        REPORT,
    ]
}

/// Interrupts that are shown as they arrive, then many that are timed.
fn arrivals() -> Job {
    let bench = Step {
        alone: true,
        ..Step::run(measure("time"))
    };
    Job {
        modules: module::all(),
        steps: vec![
            Step::background(
                ["irqlink", "agent", "edu0", "--verbose"],
                Some("registered"),
            ),
            Step::run([
                "irqlink",
                "trigger",
                "edu0",
                "--num",
                "5",
                "--interval",
                "300ms",
            ]),
            Step::run(["irqlink", "stats"]),
            bench,
        ],
        collect: vec![REPORT.into()],
        ..Job::default()
    }
}

/// Many interrupts, of which the instructions are counted.
fn path_lengths() -> Job {
    let bench = Step::run(measure("path-length"));
    Job {
        modules: module::all(),
        steps: vec![bench],
        collect: vec![REPORT.into()],
        ..Job::default()
    }
}

struct Demo<'a> {
    kernel: &'a Kernel,
    contents: &'a Contents,
    logs: PathBuf,
    progress: Progress,
}

impl Demo<'_> {
    /// Boots a board for `job`, showing what it prints but for the benchmark's own table; gives its report.
    fn board(&self, accel: Accel, name: &str, job: &Job, what: &str) -> Result<PathBuf> {
        let board = Board {
            image: self.kernel.image.clone(),
            accel,
            edu: 1,
            ivshmem: 0,
            ssh_port: None,
        };
        let logs = self.logs.join(name);
        let run = Run {
            board: &board,
            contents: self.contents,
            job,
            logs: &logs,
            limits: Limits::of(LIMIT),
        };
        let phase = self.progress.start(what);
        let outcome = run.go(&mut |step, _: Kind, bytes| {
            if job.steps[usize::from(step)].argv[0] != BENCH {
                // Nobody to show it to is no reason to stop.
                phase.suspend(|| drop(stdout().write_all(bytes)));
            }
        })?;
        drop(phase);
        outcome.check()?;
        Ok(logs.join("report.json"))
    }

    /// Merges reports into one file; gives its table.
    fn merge(&self, reports: &[PathBuf], merged: &Path) -> Result<String> {
        let is_bench = |program: &&PathBuf| program.ends_with(BENCH);
        let bench = self
            .contents
            .programs
            .iter()
            .find(is_bench)
            .expect("is built with the others");
        command::stdout(
            Command::new(bench)
                .arg("report")
                .args(reports)
                .arg("--json")
                .arg(merged),
        )
    }
}
