//! `irqlink-lab test`: every test that there is.

use std::process::Command;

use irqlink_hw_tests::job::{Job, Step};

use crate::binding;
use crate::board;
use crate::checkpatch;
use crate::cli::fetch_all;
use crate::command;
use crate::error::{Error, Result};
use crate::faults;
use crate::guest_programs;
use crate::kernel::{Flavour, Kernel};
use crate::kunit;
use crate::module;
use crate::progress::Progress;
use crate::qemu::Accel;
use crate::rigs;
use crate::spec;
use crate::suite::{self, Suite, Tally};
use crate::test_board::TestBoard;

/// The topic for a board that counts instructions.
const PATH_LENGTH: &str = "path_length";

/// Tests that bind PCI functions while others wait. On `debug` ACPI takes over 30 s to find the route of
/// each function's INTx, as QEMU's tables compute it in a loop; ACPI takes that for a hang, and gives up
/// (kernel: drivers/acpi/acpica/dscontrol.c).
const BINDING: [&str; 10] = [
    "peer",
    "plugged",
    "unplugging",
    "unload",
    "the_core_stays",
    "descri",
    "pci::interrupts",
    "pci::an_interrupt",
    "pci::the_command",
    "pci::what_the_command",
];

/// Runs all tests, or the steps whose lines contain one of `only`; says whether they passed.
pub fn run(only: &[String], progress: Progress) -> bool {
    // What is missing all the same fails the step that needs it.
    if let Err(e) = fetch_all(progress) {
        eprintln!("irqlink-lab: {e}");
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
    for &flavour in Flavour::tested() {
        suite.step(&format!("tests in the guest, {}", flavour.name()), || {
            let mut skipped = vec![PATH_LENGTH];
            if flavour == Flavour::Debug {
                skipped.extend(BINDING);
            }
            let filter: Vec<&str> = skipped.iter().flat_map(|name| ["--skip", *name]).collect();
            guest_tests(flavour, None, &filter, progress)
        });
    }
    if Flavour::tested().contains(&Flavour::Debug) {
        suite.step("KUnit tests, debug", || {
            kunit::run(Flavour::Debug, progress)
        });
        suite.step("defects on purpose fail a run, debug", || {
            Ok(Tally::of(faults::check(Flavour::Debug, progress)))
        });
    }
    // A kernel that the user gives need not have a network built in.
    if Flavour::tested().contains(&Flavour::Lean) {
        suite.step("a board over ssh, lean", || {
            board::check(Flavour::Lean, progress)
        });
    }
    for flavour in [Flavour::shown(), Flavour::Lean] {
        if Flavour::tested().contains(&flavour) {
            suite.step(
                &format!("tests of path lengths, {}", flavour.name()),
                || guest_tests(flavour, Some(Accel::PathLength), &[PATH_LENGTH], progress),
            );
        }
    }
    suite.finish()
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
    let argv = [guest_programs::TESTS]
        .iter()
        .chain(filter)
        .map(|word| String::from(*word))
        .chain(rigs::options());
    let job = Job {
        modules: module::all(),
        steps: vec![Step::run(argv)],
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
    Ok(match outcome.and_then(|outcome| outcome.check()) {
        Ok(()) => Tally::of_libtest(output, true),
        Err(e) => Tally {
            // What is wrong comes first, as the output is long.
            output: format!("{e}\n{}\n{output}", suite::failures(&output)),
            ..Tally::of_libtest(output, false)
        },
    })
}
