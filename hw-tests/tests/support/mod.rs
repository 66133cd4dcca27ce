//! Calls of the lab, as a user makes them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// The lab, with nothing of the caller's settings.
pub fn lab() -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_irqlink-lab"));
    for name in ["KERNEL_IMAGE", "KERNEL_DIR", "APT_CONFIG"] {
        lab.env_remove(name);
    }
    lab
}

/// `irqlink-lab run` without modules; its logs go to target/lab/`name`.
#[allow(dead_code, reason = "not every test program boots a board")]
pub fn run(name: &str) -> Command {
    let mut run = lab();
    run.args(["run", "--no-modules", "--edu", "0", "--name", name]);
    run
}

/// Where a run of that name leaves its logs.
#[allow(dead_code, reason = "not every test program boots a board")]
pub fn logs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/lab")
        .join(name)
}

/// Runs to the end; gives the exit status (-1 for a signal) and both outputs.
#[allow(dead_code, reason = "not every test program hears a call to its end")]
pub fn finish(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Waits until something is there; panics after a time in which it must be.
#[allow(dead_code, reason = "not every test program waits")]
pub fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
}
