//! A Python of its own, out of Debian's packages: for the kernel's tools, on the host and in the guest.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::Apt;
use crate::cache::{self, Cache};
use crate::command;
use crate::error::Result;
use crate::progress::Progress;

/// Where the interpreter is below the folder, and in the guest.
pub const PROGRAM: &str = "usr/bin/python3.11";
const LIBRARIES: &str = "lib/x86_64-linux-gnu";
const LOADER: &str = "lib64/ld-linux-x86-64.so.2";
const STDLIB: &str = "usr/lib/python3.11";
/// The least in which the kernel's tools run, and what to take of each.
const PACKAGES: [(&str, &[&str]); 10] = [
    (
        "libc6",
        &[
            "./lib64/*",
            "./lib/x86_64-linux-gnu/libc.so.*",
            "./lib/x86_64-linux-gnu/libm.so.*",
            "./lib/x86_64-linux-gnu/ld-*",
        ],
    ),
    ("libexpat1", &["*.so.*"]),
    ("zlib1g", &["*.so.*"]),
    ("python3.11-minimal", &["./usr/bin/*"]),
    ("libpython3.11-minimal", &["./usr/lib/python3*"]),
    ("libpython3.11-stdlib", &["./usr/lib/python3*"]),
    ("python3-yaml", &["*.py"]),
    ("python3-jsonschema", &["./usr/lib/python3/*"]),
    ("python3-attr", &["*.py"]),
    ("python3-pyrsistent", &["*.py"]),
];
/// What neither tool uses, and the distribution's hook, which leads out of the folder.
const UNUSED: [&str; 5] = [
    "lib2to3",
    "distutils",
    "pydoc_data",
    "test",
    "sitecustomize.py",
];

/// The folder in which Python lies as in a root file system.
pub fn find(progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let name = cache::key(
        "python",
        &[PACKAGES.map(|(package, _)| package).as_slice(), &UNUSED].concat(),
    );
    let entry = cache.entry(name, &[PROGRAM, "usr/lib/python3.11/os.py"]);
    if let Some(dir) = entry.find()? {
        return Ok(dir);
    }
    progress.step("fetch Python", || {
        let apt = Apt::update(&cache)?;
        entry.make(|dir| unpack(&apt, dir))
    })
}

/// A call of the Python in `dir` on the host, with its own libraries.
pub fn command(dir: &Path) -> Command {
    let mut python = Command::new(dir.join(LOADER));
    python
        .arg("--library-path")
        .arg(dir.join(LIBRARIES))
        .arg(dir.join(PROGRAM));
    // -E -s -S: nothing of the host's own Python. -B: the folder stays as it is.
    python
        .args(["-E", "-s", "-B"])
        .env("PYTHONHOME", dir.join("usr"));
    python
}

fn unpack(apt: &Apt, dir: &Path) -> Result<()> {
    apt.unpack_parts(&PACKAGES, dir)?;
    for unused in UNUSED {
        cache::remove(&dir.join(STDLIB).join(unused))?;
    }
    // The guest is slow at compiling. The hash stands in for times, which the initramfs does not keep.
    let mut compile = command(dir);
    compile
        .args([
            "-m",
            "compileall",
            "-q",
            "--invalidation-mode",
            "unchecked-hash",
        ])
        .arg(dir.join("usr/lib"));
    command::stdout(&mut compile).map(drop)
}
