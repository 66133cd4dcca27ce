//! The kernel's own style checker on kernel/.

use std::process::Command;

use crate::command;
use crate::error::{Error, Result};
use crate::linux_source;
use crate::module;
use crate::progress::Progress;

/// Checks each source file; the error shows what checkpatch says. What is to be excepted, and why,
/// stands in kernel/.checkpatch.conf.
pub fn check(progress: Progress) -> Result<()> {
    let linux = linux_source::find(progress)?;
    let mut checkpatch = Command::new("perl");
    checkpatch
        .current_dir(module::root())
        .arg(linux.join("scripts/checkpatch.pl"));
    checkpatch.args([
        "--no-tree",
        "--strict",
        "--terse",
        "--no-summary",
        "--show-types",
        "--file",
    ]);
    let is_c =
        |file: &&std::path::PathBuf| file.extension().is_some_and(|ext| ext == "c" || ext == "h");
    checkpatch.args(module::sources()?.iter().filter(is_c));
    let output = command::output(&mut checkpatch)?;
    let text = command::text(&output);
    match output.status.success() && text.trim().is_empty() {
        true => Ok(()),
        false => Err(Error::Other(text.trim_end().to_string())),
    }
}
