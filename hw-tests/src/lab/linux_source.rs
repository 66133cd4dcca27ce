//! Tools out of the kernel's own sources, which Debian packages as `linux-source-6.12`: checkpatch,
//! and YNL, which knows any netlink family by its specification.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::{self, Apt};
use crate::cache::{self, Cache};
use crate::command;
use crate::error::{Context, Error, Result};
use crate::progress::Progress;

const PACKAGE: &str = "linux-source-6.12";
/// The parts that the lab uses; the whole would be 1.5 GB.
const PARTS: [&str; 5] = [
    "*/scripts/checkpatch.pl",
    "*/scripts/spelling.txt",
    "*/scripts/const_structs.checkpatch",
    "*/tools/net/ynl/*.py",
    "*/Documentation/netlink/*.yaml",
];

/// The folder of the sources, with the parts that the lab uses.
pub fn find(progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let name = cache::key(PACKAGE, &PARTS);
    let dir = cache.path(&name);
    if dir.is_dir() {
        return Ok(dir);
    }
    progress.step("fetch the kernel's own tools", || {
        let apt = Apt::update(&cache)?;
        cache.entry(&name, |dir| unpack(&apt, dir))
    })
}

fn unpack(apt: &Apt, dir: &Path) -> Result<()> {
    let download = dir.join("download");
    fs::create_dir(&download).context(|| format!("cannot make {}", download.display()))?;
    for deb in apt.download(&[PACKAGE.into()], &download)? {
        apt::unpack(&deb, &download, &["*.tar.xz"])?;
    }
    let archive = download.join(format!("usr/src/{PACKAGE}.tar.xz"));
    let mut tar = Command::new("tar");
    tar.args([
        "-x",
        "--xz",
        "--no-same-owner",
        "--strip-components=1",
        "--wildcards",
        "-C",
    ])
    .arg(dir);
    command::stdout(tar.arg("-f").arg(&archive).args(PARTS))?;
    fs::remove_dir_all(&download).context(|| format!("cannot remove {}", download.display()))?;
    match dir.join("tools/net/ynl/cli.py").is_file() {
        true => Ok(()),
        false => Err(Error::Other(format!(
            "{PACKAGE} has no tools/net/ynl/cli.py: this lab does not know its layout"
        ))),
    }
}
