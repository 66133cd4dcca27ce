//! Builds the programs for a board: static, so that they need no library there.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::BoardError;
use crate::command;
use crate::error::{Context, Result};
use crate::guest_programs;

/// A kind of machine.
struct Machine {
    /// As `uname -m` says it.
    name: &'static str,
    /// As Rust says it.
    triple: &'static str,
    /// C compiler, which links, unless this is such a machine.
    linker: &'static str,
    /// Debian's package of it.
    package: &'static str,
}

const MACHINES: [Machine; 3] = [
    Machine {
        name: "x86_64",
        triple: "x86_64-unknown-linux-gnu",
        linker: "x86_64-linux-gnu-gcc",
        package: "gcc-x86-64-linux-gnu",
    },
    Machine {
        name: "aarch64",
        triple: "aarch64-unknown-linux-gnu",
        linker: "aarch64-linux-gnu-gcc",
        package: "gcc-aarch64-linux-gnu",
    },
    Machine {
        name: "armv7l",
        triple: "armv7-unknown-linux-gnueabihf",
        linker: "arm-linux-gnueabihf-gcc",
        package: "gcc-arm-linux-gnueabihf",
    },
];

/// Builds what runs on `target`, a machine of that name; gives the files.
pub fn build(target: &str, name: &str) -> Result<Vec<PathBuf>> {
    let machine = MACHINES.iter().find(|machine| machine.name == name);
    let machine = machine.ok_or_else(|| BoardError::UnknownMachine {
        target: target.into(),
        machine: name.into(),
        known: MACHINES.map(|machine| machine.name).join(", "),
    })?;
    machine.can_link()?;
    guest_programs::build_for(machine.triple, machine.linker())
}

/// The programs in a folder that were built elsewhere.
pub fn given(folder: &Path) -> Result<Vec<PathBuf>> {
    let program = |name: &&str| -> Result<PathBuf> {
        let path = folder.join(name);
        fs::metadata(&path).context(|| format!("--programs: {}", path.display()))?;
        Ok(path)
    };
    guest_programs::ON_BOARD.iter().map(program).collect()
}

impl Machine {
    /// The compiler that links, if it is another than the host's own.
    fn linker(&self) -> Option<&'static str> {
        (self.name != ARCH).then_some(self.linker)
    }

    fn can_link(&self) -> Result<(), BoardError> {
        let missing = |what: String| BoardError::NoCrossCompiler {
            triple: self.triple,
            package: self.package,
            what,
        };
        let linker = self.linker().unwrap_or("cc");
        let found = Command::new(linker).arg("--version").output();
        if !found.is_ok_and(|output| output.status.success()) {
            return Err(missing(format!("there is no {linker}")));
        }
        // The standard library lies there, or the folder does not exist.
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        rustc.args(["--print", "target-libdir", "--target", self.triple]);
        let folder = command::stdout(&mut rustc).unwrap_or_default();
        match Path::new(folder.trim()).is_dir() {
            true => Ok(()),
            false => Err(missing("Rust has no standard library for it".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_machine_is_told_from_known_ones() {
        let error = build("root@b", "vax").unwrap_err().to_string();
        assert!(
            error.contains("root@b, a vax") && error.contains("aarch64"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_compiler_is_named_with_its_package() {
        let machine = Machine {
            name: "x",
            triple: "x-y-z",
            linker: "no-such-gcc",
            package: "gcc-x",
        };
        let error = machine.can_link().unwrap_err().to_string();
        assert!(
            error.contains("no no-such-gcc") && error.contains("apt install gcc-x"),
            "{error}"
        );
        let known = Machine {
            linker: "cc",
            ..machine
        };
        let error = known.can_link().unwrap_err().to_string();
        assert!(error.contains("rustup target add x-y-z"), "{error}");
    }
}
