//! Builds the programs of the guest: static, so that the initramfs needs no libraries.

use std::path::PathBuf;

use irqlink_hw_tests::job::Step;

use crate::command;
use crate::error::Result;
use crate::paths;
use crate::progress::Progress;

/// The guest, as Rust calls it.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The program with the tests that run in the guest, and on boards.
pub const TESTS: &str = "irqlink-guest-tests";
/// The program that starts others on a board that is reached by ssh.
pub const BOARD: &str = "irqlink-board";
/// What a board that is reached by ssh is given.
pub const ON_BOARD: [&str; 4] = ["irqlink", "irqlink-bench", TESTS, BOARD];

/// A cargo build: a profile, packages, and the programs that come of it.
struct Build {
    profile: &'static str,
    args: &'static [&'static str],
    programs: &'static [&'static str],
}

/// What users run, as they run it.
const PRODUCT: Build = Build {
    profile: "release",
    args: &["-p", "irqlink", "-p", "irqlink-bench", "--bins"],
    programs: &["irqlink", "irqlink-bench"],
};

/// The lab's own. Their profile unwinds, so that a test which fails does not end the others.
const LAB: Build = Build {
    profile: "guest",
    args: &[
        "-p",
        "irqlink-hw-tests",
        "--bin",
        "irqlink-init",
        "--bin",
        TESTS,
        "--bin",
        BOARD,
    ],
    programs: &["irqlink-init", TESTS, BOARD],
};

impl Build {
    fn run(&self, triple: &str, linker: Option<&str>) -> Result<Vec<PathBuf>> {
        let target_dir = paths::root().join("target/guest");
        let mut cargo = command::cargo();
        cargo.args([
            "build",
            "--quiet",
            "--locked",
            "--target",
            triple,
            "--profile",
            self.profile,
        ]);
        cargo.arg("--target-dir").arg(&target_dir).args(self.args);
        cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
        if let Some(linker) = linker {
            let triple = triple.to_uppercase().replace('-', "_");
            cargo.env(format!("CARGO_TARGET_{triple}_LINKER"), linker);
        }
        command::stdout(&mut cargo)?;
        Ok(self
            .programs
            .iter()
            .map(|name| target_dir.join(triple).join(self.profile).join(name))
            .collect())
    }
}

/// Builds `irqlink-init` and what `steps` need; gives init, then the programs.
pub fn build(steps: &[Step], progress: Progress) -> Result<(PathBuf, Vec<PathBuf>)> {
    // The guest's tests start irqlink themselves.
    let needs_product = |step: &Step| {
        step.argv
            .first()
            .is_some_and(|program| program.starts_with("irqlink"))
    };
    progress.step("build the guest's programs", || {
        let mut programs = LAB.run(TARGET, None)?;
        let init = programs.remove(0);
        if steps.iter().any(needs_product) {
            programs.extend(PRODUCT.run(TARGET, None)?);
        }
        Ok((init, programs))
    })
}

/// Builds what a board is given, for machines that Rust calls `triple`; `linker`: the compiler that
/// links, unless it is the host's own.
pub fn build_for(triple: &str, linker: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut programs = LAB.run(triple, linker)?;
    programs.extend(PRODUCT.run(triple, linker)?);
    programs.retain(|path| ON_BOARD.iter().any(|name| path.ends_with(name)));
    Ok(programs)
}
