//! The kernel's sources, which Debian packages as `linux-source-6.12`: to build the lab's own kernels,
//! and for tools in them, checkpatch and YNL, which knows any netlink family by its specification.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::{self, Apt};
use crate::cache::{self, Cache};
use crate::command;
use crate::error::{Context, Result};
use crate::progress::Progress;

const PACKAGE: &str = "linux-source-6.12";
/// What neither a kernel of the lab's is built from nor a tool needs: 1.2 of 1.7 GB. Kconfig and make
/// read their own files everywhere.
const UNUSED: [&str; 13] = [
    "*/arch/[!x]*/*.[chS]",
    "*/arch/*.dts*",
    "*/Documentation/[!n]*/*",
    "*/drivers/gpu/*.[ch]",
    "*/drivers/media/*.[ch]",
    "*/drivers/net/ethernet/[!i]*.[ch]",
    "*/drivers/net/wireless/*.[ch]",
    "*/drivers/scsi/*.[ch]",
    "*/drivers/staging/*.[ch]",
    "*/drivers/usb/*.[ch]",
    "*/sound/*.[ch]",
    "*/tools/perf/*",
    "*/tools/testing/*",
];
/// What is used of it by name.
const FILES: [&str; 5] = [
    VERSION,
    "Makefile",
    "scripts/checkpatch.pl",
    "tools/net/ynl/cli.py",
    "tools/net/ynl/ynl-gen-c.py",
];
/// Where the version of the package stands.
const VERSION: &str = "debian-version";

/// The folder of the sources.
pub fn find(progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let entry = cache.entry(cache::key(PACKAGE, &UNUSED), &FILES);
    if let Some(dir) = entry.find()? {
        return Ok(dir);
    }
    progress.step("fetch the kernel's sources", || {
        let apt = Apt::update(&cache)?;
        entry.make(|dir| unpack(&apt, dir))
    })
}

/// Which sources these are, to the revision of the package.
pub fn version(dir: &Path) -> Result<String> {
    let file = dir.join(VERSION);
    fs::read_to_string(&file).context(|| format!("cannot read {}", file.display()))
}

fn unpack(apt: &Apt, dir: &Path) -> Result<()> {
    let download = dir.join("download");
    fs::create_dir(&download).context(|| format!("cannot make {}", download.display()))?;
    let debs = apt.download(&[PACKAGE.into()], &download)?;
    for deb in &debs {
        apt::unpack(deb, &download, &["*.tar.xz"])?;
    }
    let archive = download.join(format!("usr/src/{PACKAGE}.tar.xz"));
    let mut tar = Command::new("tar");
    tar.args(["-x", "--xz", "--no-same-owner", "--strip-components=1"])
        .args(["--wildcards", "-C"])
        .arg(dir);
    tar.args(UNUSED.map(|pattern| format!("--exclude={pattern}")));
    command::stdout(tar.arg("-f").arg(&archive))?;
    let version = debs.iter().filter_map(|deb| deb.file_name());
    let version: Vec<_> = version.map(|name| name.to_string_lossy()).collect();
    fs::write(dir.join(VERSION), version.concat())
        .context(|| format!("cannot write to {}", dir.display()))?;
    fs::remove_dir_all(&download).context(|| format!("cannot remove {}", download.display()))
}
