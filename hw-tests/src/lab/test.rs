//! `irqlink-lab test`: every test that there is.

use std::collections::VecDeque;
use std::process::Command;

use irqlink_hw_tests::job::{self, Job};

use crate::binding;
use crate::board;
use crate::checkpatch;
use crate::cli::fetch_all;
use crate::command;
use crate::error::{Error, Result};
use crate::faults;
use crate::gate;
use crate::guest_programs;
use crate::kernel::{Flavour, Kernel};
use crate::kunit;
use crate::module;
use crate::progress::Progress;
use crate::qemu::Accel;
use crate::rigs;
use crate::spec;
use crate::suite::{self, Step, Suite, Tally};
use crate::test_board::TestBoard;

/// The topic for a board that counts instructions.
const PATH_LENGTH: &str = "path_length";
/// Where the guest leaves the results of its tests, with the time of each.
const RESULTS: &str = "/out/junit.xml";

/// Runs all tests, or the steps whose lines contain one of `only`; says whether they passed.
pub fn run(only: &[String], progress: Progress) -> bool {
    if only.is_empty() {
        // What is missing all the same fails the step that needs it.
        if let Err(e) = fetch_all(progress) {
            eprintln!("irqlink-lab: {e}");
        }
    }
    let mut suite = Suite::new(only, progress);
    // Each step has its line; what is in it needs none.
    let progress = Progress::Silent;
    suite.step("format of the Rust code", || {
        Ok(Tally::of(cargo(&["fmt", "--check"])))
    });
    suite.step("clippy", || {
        Ok(Tally::of(cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])))
    });
    suite.step("tests on the host", host_tests);
    for &flavour in Flavour::tested() {
        suite.step(&format!("modules for {}", flavour.name()), || {
            Ok(Tally::of(modules(flavour, progress)))
        });
    }
    suite.step("checkpatch", || Ok(Tally::of(checkpatch::check(progress))));
    suite.step("device-tree binding", || {
        Ok(Tally::of(binding::check(progress)))
    });
    suite.step("netlink header and specification", || {
        Ok(Tally::of(spec::check_header(progress)))
    });
    suite.side_by_side(boards(progress));
    suite.finish()
}

/// The steps that boot a board, those that take longest first.
fn boards(progress: Progress) -> VecDeque<Step<'static>> {
    let mut steps = VecDeque::new();
    for &flavour in Flavour::tested().iter().rev() {
        let name = format!("tests in the guest, {}", flavour.name());
        steps.push_back(Step::new(name, move || {
            guest_tests(flavour, None, &["--skip", PATH_LENGTH], progress)
        }));
    }
    for flavour in [Flavour::shown(), Flavour::Lean] {
        if Flavour::tested().contains(&flavour) {
            let name = format!("tests of path lengths, {}", flavour.name());
            steps.push_back(Step::new(name, move || {
                guest_tests(flavour, Some(Accel::PathLength), &[PATH_LENGTH], progress)
            }));
        }
    }
    if Flavour::tested().contains(&gate::KERNEL) {
        steps.push_back(Step::new("path lengths against the baseline", move || {
            Ok(Tally::of(gate::check(progress)))
        }));
    }
    // A kernel that the user gives need not have a network built in.
    if Flavour::tested().contains(&Flavour::Lean) {
        steps.push_back(Step::new("a board over ssh, lean", move || {
            board::check(Flavour::Lean, progress)
        }));
    }
    if Flavour::tested().contains(&Flavour::Debug) {
        steps.push_back(Step::new("KUnit tests, debug", move || {
            kunit::run(Flavour::Debug, progress)
        }));
        steps.push_back(Step::new(
            "defects on purpose fail a run, debug",
            move || Ok(Tally::of(faults::check(Flavour::Debug, progress))),
        ));
    }
    steps
}

fn cargo(args: &[&str]) -> Result<()> {
    command::stdout(command::cargo().args(args)).map(drop)
}

fn host_tests() -> Result<Tally> {
    let output = command::output(command::cargo().args([
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
    ]))?;
    Ok(Tally::of_libtest(
        command::text(&output),
        output.status.success(),
    ))
}

/// Builds the modules for a kernel; a warning is an error.
fn modules(flavour: Flavour, progress: Progress) -> Result<()> {
    let sparse = Command::new("sparse").arg("--version").output();
    sparse.map_err(|_| Error::MissingProgram {
        program: "sparse".into(),
    })?;
    let modules = module::build(&Kernel::find(flavour, progress)?, progress)?;
    match modules.warnings()[..] {
        [] => Ok(()),
        ref warnings => Err(Error::Other(warnings.join("\n"))),
    }
}

/// Runs tests in the guest: without `accel`, with the fastest that this host has.
fn guest_tests(
    flavour: Flavour,
    accel: Option<Accel>,
    filter: &[&str],
    progress: Progress,
) -> Result<Tally> {
    let argv = [guest_programs::TESTS, "--junit", RESULTS]
        .iter()
        .chain(filter)
        .map(|word| String::from(*word))
        .chain(rigs::options());
    let job = Job {
        modules: module::all(),
        steps: vec![job::Step::run(argv)],
        collect: vec![RESULTS.into()],
        ..Job::default()
    };
    let board = TestBoard {
        flavour,
        accel,
        job: &job,
        modules: Vec::new(),
        name: "guest",
    };
    let mut output = Vec::new();
    let outcome = board.run(progress, &mut |bytes| output.extend(bytes));
    let output = String::from_utf8_lossy(&output).into_owned();
    let tally = match outcome.and_then(|outcome| outcome.check()) {
        Ok(()) => Tally::of_libtest(output, true),
        Err(e) => Tally {
            // What is wrong comes first, as the output is long.
            output: format!("{e}\n{}\n{output}", suite::failures(&output)),
            ..Tally::of_libtest(output, false)
        },
    };
    Ok(tally.strict(flavour))
}
