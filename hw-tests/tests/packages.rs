//! packages.sh installs what is missing, and says well what it cannot do. Here apt-get is a stand-in.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What the script itself is made of.
const TOOLS: [&str; 7] = ["sh", "id", "env", "mktemp", "cat", "rm", "perl"];
/// What it looks for.
const WANTED: [&str; 13] = [
    "qemu-system-x86_64",
    "gcc",
    "sparse",
    "pahole",
    "ssh",
    "dtc",
    "python3",
    "xz",
    "make",
    "flex",
    "bison",
    "bc",
    "stress-ng",
];

/// A host whose PATH has the tools, and `programs` that succeed.
fn host(programs: &[&str]) -> TempDir {
    let host = tempfile::tempdir().unwrap();
    for tool in TOOLS {
        let places = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(tool));
        let place = places.iter().find(|place| place.exists()).unwrap();
        symlink(place, host.path().join(tool)).unwrap();
    }
    programs
        .iter()
        .for_each(|program| put(&host, program, "exit 0"));
    host
}

fn put(host: &TempDir, program: &str, script: &str) {
    let path = host.path().join(program);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the script on the host; gives whether it succeeded, and what it said.
fn install(host: &TempDir) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packages.sh");
    let mut install = Command::new(script);
    let Output {
        status,
        stdout,
        stderr,
    } = install.env("PATH", host.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&stdout), "");
    (
        status.success(),
        String::from_utf8_lossy(&stderr).into_owned(),
    )
}

#[test]
fn nothing_is_done_where_all_is_there() {
    let host = host(&WANTED);
    put(&host, "apt-get", "echo called >&2; exit 1");
    assert_eq!(install(&host), (true, String::new()));
}

#[test]
fn what_is_missing_is_installed_by_its_package() {
    let host = host(&WANTED[1..]);
    let called = host.path().join("called");
    put(
        &host,
        "apt-get",
        &format!("echo \"$@\" >>{}", called.display()),
    );
    put(&host, "sudo", "exec \"$@\"");
    let (success, said) = install(&host);
    assert!(
        success && said.contains("installing the packages: qemu-system-x86\n"),
        "{said}"
    );
    let called = fs::read_to_string(called).unwrap();
    assert_eq!(
        called,
        "-qq update\n-qq install --no-install-recommends qemu-system-x86\n"
    );
}

#[test]
fn without_apt_the_packages_are_named() {
    let (success, said) = install(&host(&WANTED[2..]));
    assert!(
        !success && said.contains("no apt-get") && said.contains("qemu-system-x86 gcc"),
        "{said}"
    );
}

#[test]
fn without_a_network_apt_is_quoted() {
    let host = host(&WANTED[1..]);
    put(
        &host,
        "apt-get",
        "echo \"E: Temporary failure resolving 'deb.example'\" >&2; exit 100",
    );
    put(&host, "sudo", "exec \"$@\"");
    let (success, said) = install(&host);
    assert!(
        !success && said.contains("Temporary failure") && said.contains("Is the network up"),
        "{said}"
    );
}
