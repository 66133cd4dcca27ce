//! Modules that were built elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use irqlink_hw_tests::kernel_modules::NAMES;

use super::error::BoardError;
use crate::error::{Context, Result};

/// irqlink's modules in a folder, for a board with that kernel.
pub fn given(folder: &Path, target: &str, release: &str) -> Result<Vec<PathBuf>> {
    let files: Vec<PathBuf> = NAMES
        .iter()
        .map(|name| folder.join(format!("{name}.ko")))
        .filter(|file| file.is_file())
        .collect();
    let not_modules = |what: String| BoardError::NotModules {
        folder: folder.into(),
        what,
    };
    if files.is_empty() {
        let what = format!("there is no {}.ko in it", NAMES.join(".ko, "));
        return Err(not_modules(what).into());
    }
    for file in &files {
        let data = fs::read(file).context(|| format!("cannot read {}", file.display()))?;
        let built = release_of(&data)
            .ok_or_else(|| not_modules(format!("{} is no kernel module", file.display())))?;
        if built != release {
            return Err(BoardError::OtherKernel {
                target: target.into(),
                file: file.clone(),
                built,
                release: release.into(),
            }
            .into());
        }
    }
    Ok(files)
}

/// The kernel that a module was built for: the first word of `vermagic` among the strings of its
/// section .modinfo (kernel: include/linux/vermagic.h). The kernel compares the others itself.
fn release_of(module: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"\0vermagic=";
    let at = module.windows(KEY.len()).position(|bytes| bytes == KEY)? + KEY.len();
    let value = module[at..]
        .split(|byte| *byte == 0 || *byte == b' ')
        .next()?;
    String::from_utf8(value.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODINFO: &[u8] =
        b"\x7fELF\0name=irqlink\0vermagic=6.1.0-56-amd64 SMP preempt mod_unload modversions \0\0";

    #[test]
    fn the_kernel_of_a_module_is_read() {
        assert_eq!(release_of(MODINFO).as_deref(), Some("6.1.0-56-amd64"));
        assert_eq!(release_of(b"\x7fELF no module"), None);
    }

    #[test]
    fn modules_for_another_kernel_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let none = given(folder.path(), "b", "6.1").unwrap_err().to_string();
        assert!(none.contains("no irqlink.ko"), "{none}");
        fs::write(folder.path().join("irqlink.ko"), MODINFO).unwrap();
        assert_eq!(
            given(folder.path(), "b", "6.1.0-56-amd64").unwrap().len(),
            1
        );
        let other = given(folder.path(), "b", "6.1.0-57-amd64")
            .unwrap_err()
            .to_string();
        assert!(
            other.contains("6.1.0-56-amd64") && other.contains("b runs 6.1.0-57-amd64"),
            "{other}"
        );
        fs::write(folder.path().join("irqlink_sim.ko"), "text").unwrap();
        let no_module = given(folder.path(), "b", "6.1.0-56-amd64")
            .unwrap_err()
            .to_string();
        assert!(
            no_module.contains("irqlink_sim.ko is no kernel module"),
            "{no_module}"
        );
    }
}
