//! Builds the modules, a copy of the sources for each kernel, so that builds do not disturb each other.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use irqlink_hw_tests::job::Module;
use irqlink_hw_tests::kernel_modules::NAMES;

use crate::command;
use crate::error::{Context, Result};
use crate::kernel::Kernel;
use crate::lock;
use crate::paths;
use crate::progress::Progress;

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
    let all = paths::lab().join("kernel");
    let _lock = lock::wait(&all)?;
    let dir = all.join(&kernel.release);
    let sources = sources()?;
    let (stamp, log) = (dir.join("stamp"), dir.join("build.log"));
    let hash = hash(&sources, kernel)?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == hash) {
        return Modules::built(&dir, &log);
    }
    let what = || format!("cannot fill {}", dir.display());
    if dir.exists() {
        fs::remove_dir_all(&dir).context(what)?;
    }
    for source in &sources {
        let copy = dir.join(source);
        copy.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .context(what)?;
        fs::copy(paths::root().join("kernel").join(source), copy).context(what)?;
    }
    let text = progress.step(&format!("build the modules for {}", kernel.release), || {
        make(&dir, kernel)
    })?;
    fs::write(&log, text).context(what)?;
    fs::write(&stamp, hash).context(what)?;
    Modules::built(&dir, &log)
}

impl Modules {
    fn built(dir: &Path, log: &Path) -> Result<Modules> {
        let what = || format!("cannot read {}", dir.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).context(what)? {
            files.push(entry.context(what)?.path());
        }
        files.retain(|file| file.extension().is_some_and(|ext| ext == "ko"));
        files.sort();
        Ok(Modules {
            files,
            log: fs::read_to_string(log).context(what)?,
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

/// The files of kernel/ that the modules are built from, in order.
pub fn sources() -> Result<Vec<PathBuf>> {
    let root = paths::root().join("kernel");
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

fn hash(sources: &[PathBuf], kernel: &Kernel) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(kernel.headers.as_os_str().as_encoded_bytes());
    for source in sources {
        let data = fs::read(paths::root().join("kernel").join(source))
            .context(|| format!("cannot read {}", source.display()))?;
        hash.update(format!("\0{}\0{}\0", source.display(), data.len()));
        hash.update(data);
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
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
