//! Builds modules that only tests load: folders of hw-tests/ with a Kbuild file.

use std::path::{Path, PathBuf};

use crate::command;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::module_build::{self, ModuleBuild};
use crate::paths;

/// Builds hw-tests/`name`/`name`.c for `kernel`, unless that was done.
pub fn build(name: &str, kernel: &Kernel) -> Result<PathBuf> {
    let build = ModuleBuild {
        name: &format!("{}-{name}", kernel.release),
        root: &paths::root().join("hw-tests").join(name),
        sources: &["Kbuild".into(), format!("{name}.c").into()],
        kernel,
    };
    let dir = build.run(&module_build::folder(), |dir| make(dir, kernel))?;
    Ok(dir.join(format!("{name}.ko")))
}

fn make(dir: &Path, kernel: &Kernel) -> Result<()> {
    let mut make = command::make(&kernel.headers);
    make.arg(format!("M={}", dir.display())).arg("modules");
    command::stdout(&mut make).map(drop)
}
