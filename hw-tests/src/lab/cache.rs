//! The cache: `~/.cache/irqlink`, or `$IRQLINK_CACHE`.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::entry::Entry;
use crate::error::{Context, Error, Result};
use crate::lock;

/// The cache. Labs share it: what one is making, another waits for.
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// In that folder.
    #[cfg(test)]
    pub fn at(root: &Path) -> Cache {
        Cache { root: root.into() }
    }

    /// The cache of this user.
    pub fn open() -> Result<Cache> {
        let root = root(|name| env::var_os(name).map(PathBuf::from))?;
        Ok(Cache { root })
    }

    /// Where `name` is or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder `name`, which is of no use without each of `files`.
    pub fn entry(&self, name: impl Into<String>, files: &[&str]) -> Entry<'_> {
        Entry::new(self, name.into(), files)
    }

    /// Lets `name` lead to `target`, a name beside it.
    pub fn link(&self, name: &str, target: &str) -> Result<()> {
        let making = self.path("making").join(name);
        let _lock = lock::wait(&making)?;
        let (path, partial) = (self.path(name), making.join("partial"));
        remove(&partial)?;
        symlink(target, &partial)
            .and_then(|()| fs::rename(&partial, &path))
            .context(|| format!("cannot make {}", path.display()))
    }
}

/// A name for an entry that is made of `parts`: with other parts it is another entry.
pub fn key(name: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update("\0");
    }
    let hash: String = hash.finalize()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{name}-{hash}")
}

fn root(env: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    env("IRQLINK_CACHE")
        .or_else(|| env("XDG_CACHE_HOME").map(|cache| cache.join("irqlink")))
        .or_else(|| env("HOME").map(|home| home.join(".cache/irqlink")))
        .filter(|root| root.is_absolute())
        .ok_or_else(|| {
            Error::Other("no folder for the cache: set IRQLINK_CACHE to an absolute path".into())
        })
}

/// Removes a file or a folder with all that is in it, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
    .context(|| format!("cannot remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_moves_to_the_new_entry() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        for target in ["one", "two"] {
            cache.entry(target, &[]).make(|_| Ok(())).unwrap();
            cache.link("newest", target).unwrap();
            assert!(
                cache
                    .path("newest")
                    .canonicalize()
                    .unwrap()
                    .ends_with(target)
            );
        }
    }

    #[test]
    fn other_parts_are_another_entry() {
        assert_eq!(key("python", &["a", "bc"]), key("python", &["a", "bc"]));
        assert_ne!(key("python", &["a", "bc"]), key("python", &["ab", "c"]));
    }

    #[test]
    fn the_place_is_the_callers_choice_and_else_the_homes() {
        let env = |name: &str| match name {
            "HOME" => Some("/home/me".into()),
            _ => None,
        };
        assert_eq!(root(env).unwrap(), Path::new("/home/me/.cache/irqlink"));
        assert_eq!(
            root(|name| (name == "IRQLINK_CACHE").then(|| "/c".into())).unwrap(),
            Path::new("/c")
        );
        assert!(
            root(|_| None)
                .unwrap_err()
                .to_string()
                .contains("IRQLINK_CACHE")
        );
    }
}
