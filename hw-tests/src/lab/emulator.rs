//! QEMU: the host's, or a newer one where that cannot be trusted with two emulated CPUs.
//!
//! Before 8.1 QEMU may translate an instruction while another CPU changes it (its commit "accel/tcg:
//! Always lock pages before translation"). The breakpoint that the kernel writes for a moment where it
//! patches its own code then stays, as it were, and the kernel dies of "Oops: int3": once in some 50
//! boots, and whenever tracing is switched on and off. Debian 12 has 7.2, and a newer one in its backports.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::apt::Apt;
use crate::cache::{self, Cache};
use crate::command;
use crate::error::{Error, Result};
use crate::progress::Progress;

const PROGRAM: &str = "qemu-system-x86_64";
/// The first that can be trusted.
const SOUND: Version = (8, 1);
/// The release whose backports have one.
const RELEASE: &str = "bookworm";
/// What to take of which package. Libraries are those that the host's QEMU has.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("qemu-system-x86", &["./usr/bin/qemu-system-x86_64"]),
    ("qemu-system-data", &["./usr/share/qemu/*"]),
    ("seabios", &["./usr/share/seabios/*"]),
];
/// Where those have QEMU's data.
const DATA: [&str; 2] = ["usr/share/qemu", "usr/share/seabios"];

type Version = (u32, u32);

/// A call of the QEMU to emulate with, which is fetched if need be.
///
/// # Errors
/// [`Error::MissingProgram`] where the host has no QEMU; where its own is too old and no other is to be
/// had.
pub fn find(progress: Progress) -> Result<Command> {
    let found = version(&command::stdout(Command::new(PROGRAM).arg("--version"))?);
    match found {
        Some(version) if version < SOUND => backport(version, progress),
        _ => Ok(hosts()),
    }
}

/// A call of the host's QEMU, whatever its age.
pub fn hosts() -> Command {
    Command::new(PROGRAM)
}

fn backport(hosts: Version, progress: Progress) -> Result<Command> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !system.contains(&format!("VERSION_CODENAME={RELEASE}")) {
        let ((major, minor), (least, of_least)) = (hosts, SOUND);
        return Err(Error::Other(format!(
            "QEMU {major}.{minor} at times breaks the kernel that it emulates: install {least}.{of_least} or later"
        )));
    }
    let dir = fetch(progress)?;
    let mut qemu = Command::new(dir.join("usr/bin").join(PROGRAM));
    for data in DATA {
        qemu.arg("-L").arg(dir.join(data));
    }
    Ok(qemu)
}

/// The folder in which it lies as in a root file system: in the cache, else fetched.
fn fetch(progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let packages = PACKAGES.map(|(package, _)| package);
    let program = format!("usr/bin/{PROGRAM}");
    let entry = cache.entry(cache::key("qemu", &packages), &[&program]);
    if let Some(dir) = entry.find()? {
        return Ok(dir);
    }
    progress.step("fetch QEMU", || {
        entry.make(|dir| {
            Apt::update_other(&cache, RELEASE, "backports")?.unpack_parts(&PACKAGES, dir)
        })
    })
}

/// Of what `qemu --version` says.
fn version(said: &str) -> Option<Version> {
    let number = said.split("version ").nth(1)?;
    let mut parts = number.split(|c: char| !c.is_ascii_digit());
    let mut part = || parts.next()?.parse().ok();
    Some((part()?, part()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read() {
        let debian = "QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c)";
        assert_eq!(version(debian), Some((7, 2)));
        assert_eq!(version("QEMU emulator version 10.0.2\n"), Some((10, 0)));
        assert_eq!(version("unheard of"), None);
    }
}
