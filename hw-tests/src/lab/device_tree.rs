//! The device tree of the board, for kernels that take one.
//!
//! It lies behind the kernel in the image, where the header points to it, as a boot loader would have it
//! (kernel: Documentation/arch/x86/boot.rst, "setup_data"). Not by QEMU's `-dtb`: QEMU 10.0 puts the
//! tree elsewhere than where it has the header point.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

use crate::command;
use crate::error::{Context, Error, Result};
use crate::kernel::Kernel;
use crate::paths;

/// What a kernel that takes one is configured with.
const TAKES_ONE: &str = "CONFIG_OF_EARLY_FLATTREE=y";

/// In the header: number of sectors before the kernel proper, less one.
const SETUP_SECTORS: usize = 0x1f1;
/// In the header: physical address of the first `struct setup_data`.
const SETUP_DATA: usize = 0x250;
/// Where boot loaders put the kernel proper.
const LOADED_AT: usize = 0x10_0000;
/// Behind the kernel, for the memory that it clears there while it unpacks itself.
const GAP: usize = 0x10_0000;
/// `SETUP_DTB` (kernel: arch/x86/include/uapi/asm/setup_data.h).
const KIND: u32 = 2;

/// The source of the device tree.
pub fn source() -> PathBuf {
    paths::root().join("hw-tests/board.dts")
}

/// The image to boot on the board: with the device tree, if `kernel` takes one.
pub fn image(kernel: &Kernel) -> Result<PathBuf> {
    let config = kernel.headers.join("include/config/auto.conf");
    let config =
        fs::read_to_string(&config).context(|| format!("cannot read {}", config.display()))?;
    if !config.lines().any(|line| line == TAKES_ONE) {
        return Ok(kernel.image.clone());
    }
    let folder = paths::lab();
    let image = folder.join(format!("vmlinuz-{}", kernel.release));
    let what = || format!("cannot make {}", image.display());
    fs::create_dir_all(&folder).context(what)?;
    let tree = NamedTempFile::new_in(&folder).context(what)?;
    compile(&source(), tree.path())?;
    let tree = fs::read(tree.path()).context(what)?;
    let plain =
        fs::read(&kernel.image).context(|| format!("cannot read {}", kernel.image.display()))?;
    // Another board may be booting the one that is there.
    let mut made = NamedTempFile::new_in(&folder).context(what)?;
    made.write_all(&append(plain, &tree)).context(what)?;
    made.persist(&image)
        .map_err(|e| Error::io(what(), e.error))?;
    Ok(image)
}

/// The image with the tree behind it.
fn append(mut image: Vec<u8>, tree: &[u8]) -> Vec<u8> {
    let setup = (usize::from(image[SETUP_SECTORS]) + 1) * 512;
    let place = (image.len() + GAP).next_multiple_of(16);
    image.resize(place, 0);
    let address = (LOADED_AT + place - setup) as u64;
    image[SETUP_DATA..SETUP_DATA + 8].copy_from_slice(&address.to_le_bytes());
    // There is no next one.
    image.extend(0u64.to_le_bytes());
    image.extend(KIND.to_le_bytes());
    image.extend((tree.len() as u32).to_le_bytes());
    image.extend(tree);
    image
}

/// Compiles a device tree.
pub fn compile(source: &Path, blob: &Path) -> Result<()> {
    let mut compiler = Command::new("dtc");
    compiler
        .args(["-q", "-I", "dts", "-O", "dtb", "-o"])
        .arg(blob)
        .arg(source);
    command::stdout(&mut compiler).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_points_to_the_tree() {
        let mut kernel = vec![0xaa; 5000];
        kernel[SETUP_SECTORS] = 3;
        let image = append(kernel, b"tree");
        let pointer = image[SETUP_DATA..SETUP_DATA + 8].try_into().unwrap();
        // Of the file the first four sectors are loaded elsewhere.
        let place = u64::from_le_bytes(pointer) as usize - LOADED_AT + 4 * 512;
        assert!(place >= 5000 + GAP && place.is_multiple_of(16));
        assert_eq!(image[place..], *b"\0\0\0\0\0\0\0\0\x02\0\0\0\x04\0\0\0tree");
    }
}
