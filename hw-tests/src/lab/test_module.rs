//! Builds modules that only tests load: folders of hw-tests/ with a Kbuild file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command;
use crate::error::{Context, Result};
use crate::kernel::Kernel;
use crate::lock;
use crate::paths;

/// Builds hw-tests/`name`/`name`.c for `kernel`, unless it is there.
pub fn build(name: &str, kernel: &Kernel) -> Result<PathBuf> {
    let dir = paths::lab()
        .join("kernel")
        .join(format!("{}-{name}", kernel.release));
    let what = || format!("cannot fill {}", dir.display());
    fs::create_dir_all(&dir).context(what)?;
    let _lock = lock::wait(&dir)?;
    let sources = paths::root().join("hw-tests").join(name);
    let mut is_built = true;
    for file in ["Kbuild", &format!("{name}.c")] {
        is_built &= copy(&sources.join(file), &dir.join(file))?;
    }
    let module = dir.join(format!("{name}.ko"));
    if !(is_built && module.exists()) {
        let mut make = command::make(Path::new(&kernel.headers));
        command::stdout(make.arg(format!("M={}", dir.display())).arg("modules"))?;
    }
    Ok(module)
}

/// Copies a file; says whether the copy was there already.
fn copy(from: &Path, to: &Path) -> Result<bool> {
    let source = fs::read(from).context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|copy| copy == source) {
        return Ok(true);
    }
    fs::write(to, source).context(|| format!("cannot write {}", to.display()))?;
    Ok(false)
}
