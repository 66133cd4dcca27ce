//! Builds the modules.

use std::fs;
use std::path::{Path, PathBuf};

use irqlink_hw_tests::job::Module;
use irqlink_hw_tests::kernel_modules::NAMES;

use crate::command;
use crate::error::{Context, Result};
use crate::kernel::Kernel;
use crate::module_build::{self, ModuleBuild};
use crate::paths;
use crate::progress::Progress;

/// What the build said, in its folder.
const LOG: &str = "build.log";

/// All modules, as a job has them.
pub fn all() -> Vec<Module> {
    NAMES
        .map(|name| Module {
            name: name.into(),
            params: String::new(),
        })
        .into()
}

/// The modules for one kernel.
pub struct Modules {
    /// `.ko` files.
    pub files: Vec<PathBuf>,
    /// What the build said, warnings among it.
    pub log: String,
}

/// Builds the modules for `kernel` unless they are there; with all warnings, and with sparse.
pub fn build(kernel: &Kernel, progress: Progress) -> Result<Modules> {
    let build = ModuleBuild {
        name: &kernel.release,
        root: &root(),
        sources: &sources()?,
        kernel,
    };
    let dir = build.run(&module_build::folder(), |dir| {
        let text = progress.step(&format!("build the modules for {}", kernel.release), || {
            make(dir, kernel)
        })?;
        fs::write(dir.join(LOG), text).context(|| format!("cannot write to {}", dir.display()))
    })?;
    Modules::built(&dir)
}

impl Modules {
    fn built(dir: &Path) -> Result<Modules> {
        let what = || format!("cannot read {}", dir.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).context(what)? {
            files.push(entry.context(what)?.path());
        }
        files.retain(|file| file.extension().is_some_and(|ext| ext == "ko"));
        files.sort();
        Ok(Modules {
            files,
            log: fs::read_to_string(dir.join(LOG)).context(what)?,
        })
    }

    /// Warnings of the compiler, of modpost and of sparse.
    pub fn warnings(&self) -> Vec<&str> {
        warnings(&self.log)
    }
}

fn warnings(log: &str) -> Vec<&str> {
    let is_warning = |line: &&str| {
        ["warning:", "WARNING:", "error:"]
            .iter()
            .any(|mark| line.contains(mark))
    };
    log.lines().filter(is_warning).collect()
}

fn make(dir: &Path, kernel: &Kernel) -> Result<String> {
    let mut make = command::make(dir);
    make.arg(format!("KERNEL_DIR={}", kernel.headers.display()))
        .args(["-j2", "W=1", "C=2"]);
    let output = command::output(&mut make)?;
    match output.status.success() {
        true => Ok(command::text(&output)),
        false => Err(command::failure(
            format!("building the modules for {}", kernel.release),
            &output,
        )),
    }
}

/// The folder of the modules' sources.
pub fn root() -> PathBuf {
    paths::root().join("kernel")
}

/// The files in it that the modules are built from, in order.
pub fn sources() -> Result<Vec<PathBuf>> {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut files: Vec<PathBuf> = files
        .iter()
        .filter_map(|file| file.strip_prefix(&root).ok())
        .map(PathBuf::from)
        .collect();
    files.retain(|file| is_source(file));
    files.sort();
    Ok(files)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let what = || format!("cannot read {}", dir.display());
    for entry in fs::read_dir(dir).context(what)? {
        let path = entry.context(what)?.path();
        if path.is_dir() {
            collect(&path, files)?
        } else {
            files.push(path)
        }
    }
    Ok(())
}

/// Whether a file is a source, not something that a build by hand left.
fn is_source(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_c = name.ends_with(".c") && !name.ends_with(".mod.c");
    is_c || name.ends_with(".h") || ["Makefile", "Kbuild"].contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_leaves_is_no_source() {
        let sources = ["Kbuild", "Makefile", "core/log.c", "include/uapi/irqlink.h"];
        let products = [
            "irqlink.mod.c",
            "irqlink.ko",
            "core/log.o",
            "core/.log.o.cmd",
            "Module.symvers",
            ".checkpatch.conf",
        ];
        assert!(sources.iter().all(|file| is_source(Path::new(file))));
        assert!(!products.iter().any(|file| is_source(Path::new(file))));
    }

    #[test]
    fn warnings_are_told_from_the_rest() {
        let log = "  CC [M]  log.o\nlog.c:3:5: warning: unused variable\n  CHECK log.c\n\
            WARNING: modpost: missing MODULE_DESCRIPTION() in irqlink.o\nlog.c:9:1: error: incompatible types\n";
        assert_eq!(warnings(log).len(), 3);
    }
}
