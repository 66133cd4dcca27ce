//! A build of modules: a copy of their sources for each kernel, so that builds do not disturb each other.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cache;
use crate::error::{Context, Result};
use crate::kernel::Kernel;
use crate::lock;
use crate::paths;

/// What a kernel's folder is told by from what it was before it was built anew with another configuration.
const BUILT_WITH: [&str; 3] = [
    "include/config/kernel.release",
    "include/config/auto.conf",
    "Module.symvers",
];

/// Where the builds are.
pub fn folder() -> PathBuf {
    paths::lab().join("kernel")
}

/// What to build.
pub struct ModuleBuild<'a> {
    /// Name of the build's folder.
    pub name: &'a str,
    /// The folder of the sources.
    pub root: &'a Path,
    /// The sources, below it.
    pub sources: &'a [PathBuf],
    /// For which kernel.
    pub kernel: &'a Kernel,
}

impl ModuleBuild<'_> {
    /// Builds in a folder of `builds`, by `make`, which is given the folder, unless that was done and
    /// succeeded; gives the folder.
    pub fn run(&self, builds: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let _lock = lock::wait(builds)?;
        let dir = builds.join(self.name);
        let (stamp, hash) = (dir.join("stamp"), self.hash()?);
        if fs::read_to_string(&stamp).is_ok_and(|made| made == hash) {
            return Ok(dir);
        }
        cache::remove(&dir)?;
        copy(self.root, self.sources, &dir)?;
        make(&dir)?;
        fs::write(&stamp, hash).context(|| format!("cannot write {}", stamp.display()))?;
        Ok(dir)
    }

    /// Of all that the modules are made of.
    fn hash(&self) -> Result<String> {
        let mut hash = Sha256::new();
        let mut add = |path: &Path, data: &[u8]| {
            hash.update(format!("\0{}\0{}\0", path.display(), data.len()));
            hash.update(data);
        };
        for source in self.sources {
            let file = self.root.join(source);
            let data = fs::read(&file).context(|| format!("cannot read {}", file.display()))?;
            add(source, &data);
        }
        for name in BUILT_WITH {
            let file = self.kernel.headers.join(name);
            // Not each kernel has each: Module.symvers is not there without CONFIG_MODVERSIONS or a whole build.
            add(&file, &fs::read(&file).unwrap_or_default());
        }
        let hash = hash.finalize();
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Copies files below `root` to the same places below `to`.
pub fn copy(root: &Path, files: &[PathBuf], to: &Path) -> Result<()> {
    for file in files {
        let (from, copy) = (root.join(file), to.join(file));
        copy.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::copy(&from, &copy))
            .context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::error::Error;

    /// Sources of a module, and a kernel to build it for.
    struct Bench(TempDir);

    impl Bench {
        fn new() -> Bench {
            let bench = Bench(tempfile::tempdir().unwrap());
            bench.put("sources/a.c", "int a;");
            bench.put("kernel/include/config/auto.conf", "CONFIG_SMP=y\n");
            bench
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// Builds; says whether something was made.
        fn build(&self, result: Result<()>) -> (bool, Result<PathBuf>) {
            let kernel = Kernel {
                release: "6.1".into(),
                image: PathBuf::new(),
                headers: self.0.path().join("kernel"),
                modules: Vec::new(),
            };
            let build = ModuleBuild {
                name: "6.1",
                root: &self.0.path().join("sources"),
                sources: &["a.c".into()],
                kernel: &kernel,
            };
            let mut made = false;
            let built = build.run(&self.0.path().join("builds"), |dir| {
                assert!(dir.join("a.c").is_file());
                made = true;
                result
            });
            (made, built)
        }
    }

    #[test]
    fn what_was_built_is_not_built_again() {
        let bench = Bench::new();
        for made in [true, false, false] {
            assert_eq!(bench.build(Ok(())).0, made);
        }
    }

    #[test]
    fn what_did_not_compile_is_tried_again() {
        let bench = Bench::new();
        bench.build(Ok(())).1.unwrap();
        bench.put("sources/a.c", "int");
        for _ in ["first", "second"] {
            let (made, built) = bench.build(Err(Error::Other("expected ';'".into())));
            assert!(made && built.is_err());
        }
    }

    #[test]
    fn a_kernel_that_was_built_anew_has_modules_anew() {
        let bench = Bench::new();
        bench.build(Ok(())).1.unwrap();
        for (path, text) in [
            ("kernel/include/config/auto.conf", "CONFIG_SMP=n\n"),
            ("kernel/include/config/kernel.release", "6.1.0-2\n"),
            ("kernel/Module.symvers", "0x1 printk vmlinux\n"),
        ] {
            bench.put(path, text);
            assert!(bench.build(Ok(())).0, "{path}");
            assert!(!bench.build(Ok(())).0, "{path}");
        }
    }
}
