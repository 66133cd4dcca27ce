//! Ctrl-C: nothing that the lab has started goes on.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use support::{lab, wait_for};

/// In place of cargo: something that goes on, beside something that it has started.
const CARGO: &str = "#!/bin/sh\nsleep 1000 &\necho $$ >$0.new && mv $0.new $0.pid\nwait\n";

#[test]
fn it_ends_what_the_lab_has_started_and_the_lab() {
    let dir = tempfile::tempdir().unwrap();
    let cargo = dir.path().join("cargo");
    fs::write(&cargo, CARGO).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let mut lab = lab()
        .args(["test", "clippy"])
        .env("CARGO", &cargo)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = wait_for(|| fs::read_to_string(cargo.with_extension("pid")).ok());
    let group = Pid::from_raw(pid.trim().parse().unwrap());
    assert_eq!(killpg(group, None), Ok(()));
    // Not SIGINT, which may be ignored where the tests run in the background.
    kill(Pid::from_raw(lab.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(lab.wait().unwrap().signal(), Some(Signal::SIGTERM as i32));
    wait_for(|| (killpg(group, None) == Err(Errno::ESRCH)).then_some(()));
}
