//! The device tree of the board, for kernels that take one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

use crate::command;
use crate::error::{Context, Error, Result};
use crate::kernel::Kernel;
use crate::paths;

/// What such a kernel is configured with.
const TAKES_ONE: &str = "CONFIG_OF_EARLY_FLATTREE=y";

/// The source of the device tree.
pub fn source() -> PathBuf {
    paths::root().join("hw-tests/board.dts")
}

/// The board's device tree, compiled, if `kernel` takes one.
pub fn of(kernel: &Kernel) -> Result<Option<PathBuf>> {
    let config = kernel.headers.join("include/config/auto.conf");
    let config =
        fs::read_to_string(&config).context(|| format!("cannot read {}", config.display()))?;
    if !config.lines().any(|line| line == TAKES_ONE) {
        return Ok(None);
    }
    let tree = paths::lab().join("board.dtb");
    let what = || format!("cannot make {}", tree.display());
    fs::create_dir_all(paths::lab()).context(what)?;
    // Another board may be reading it.
    let made = NamedTempFile::new_in(paths::lab()).context(what)?;
    compile(&source(), made.path())?;
    made.persist(&tree)
        .map_err(|e| Error::io(what(), e.error))?;
    Ok(Some(tree))
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
