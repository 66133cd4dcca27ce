//! Modules of Debian's kernels themselves: those of the drivers that irqlink is compared with. Kernels that
//! the lab builds have them built in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::Apt;
use crate::cache::{self, Cache};
use crate::command;
use crate::error::{Context, Error, Result};
use crate::progress::Progress;

/// In the order in which they can be loaded.
const NAMES: [&str; 8] = [
    "uio",
    "uio_pci_generic",
    "irqbypass",
    "vfio",
    "vfio_virqfd",
    "vfio_iommu_type1",
    "vfio-pci-core",
    "vfio-pci",
];
/// The first kernel without it: Linux 6.2 made it a part of vfio.
const PART_OF_ANOTHER: &str = "vfio_virqfd";
/// Where they are in a kernel's package.
const FOLDERS: [&str; 3] = [
    "./lib/modules/*/kernel/drivers/uio/*",
    "./lib/modules/*/kernel/drivers/vfio/*",
    "./lib/modules/*/kernel/virt/lib/*",
];

/// Those of a kernel, in the order in which they can be loaded: in the cache, else fetched.
pub fn find(release: &str, progress: Progress) -> Result<Vec<PathBuf>> {
    let cache = Cache::open()?;
    let entry = cache.entry(
        format!("modules/{}", cache::key(release, &NAMES)),
        &["uio.ko", "uio_pci_generic.ko", "vfio.ko", "vfio-pci.ko"],
    );
    let folder = match entry.find()? {
        Some(folder) => folder,
        None => progress.step(&format!("fetch modules of the kernel {release}"), || {
            let apt = Apt::update(&cache)?;
            entry.make(|dir| fetch(&apt, release, dir))
        })?,
    };
    let files = NAMES.map(|name| folder.join(format!("{name}.ko")));
    Ok(files.into_iter().filter(|file| file.exists()).collect())
}

fn fetch(apt: &Apt, release: &str, dir: &Path) -> Result<()> {
    let package = format!("linux-image-{release}");
    apt.unpack_parts(&[(package.as_str(), &FOLDERS[..])], dir)?;
    let unpacked = dir.join("lib");
    let mut files = Vec::new();
    collect(&unpacked, &mut files)?;
    for name in NAMES {
        match files.iter().find(|file| is(file, name)) {
            Some(file) => take(file, &dir.join(format!("{name}.ko")))?,
            None if name == PART_OF_ANOTHER => {}
            None => {
                return Err(Error::Packages {
                    what: format!("the module {name}"),
                    output: format!("{package} has it not"),
                });
            }
        }
    }
    cache::remove(&unpacked)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let what = || format!("cannot read {}", dir.display());
    for entry in fs::read_dir(dir).context(what)? {
        let path = entry.context(what)?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// Whether a file is that module, compressed or not.
fn is(file: &Path, name: &str) -> bool {
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    file.strip_prefix(name)
        .is_some_and(|rest| [".ko", ".ko.xz"].contains(&rest))
}

/// Uncompressed: not each kernel uncompresses them itself.
fn take(file: &Path, to: &Path) -> Result<()> {
    let what = || format!("cannot take {}", file.display());
    if file.extension().is_some_and(|ext| ext == "xz") {
        command::stdout(Command::new("xz").arg("-d").arg(file))?;
    }
    fs::rename(file.with_extension("").with_extension("ko"), to).context(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_known_by_its_whole_name() {
        let is = |file: &str, name| is(Path::new(file), name);
        assert!(is("uio/uio.ko.xz", "uio") && is("uio/uio.ko", "uio"));
        assert!(!is("uio/uio_aec.ko", "uio") && !is("pci/vfio-pci-core.ko", "vfio-pci"));
    }
}
