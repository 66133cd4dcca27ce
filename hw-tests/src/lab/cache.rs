//! The cache: `~/.cache/irqlink`, or `$IRQLINK_CACHE`. An entry is made under a temporary name and
//! renamed when it is whole, so that what an interruption leaves is never taken for good.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use sha2::{Digest, Sha256};

use crate::error::{Context, Error, Result};
use crate::lock;

/// Less than this many free bytes are none.
const ROOM: u64 = 1 << 20;

/// The cache. Labs share it: what one is making, another waits for.
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache of this user.
    pub fn open() -> Result<Cache> {
        let root = root(|name| env::var_os(name).map(PathBuf::from))?;
        Ok(Cache { root })
    }

    /// Where `name` is or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder `name`, made by `fill` if it is not there.
    pub fn entry(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let path = self.path(name);
        if path.is_dir() {
            return Ok(path);
        }
        let making = self.path("making").join(name);
        let _lock = lock::wait(&making)?;
        if path.is_dir() {
            return Ok(path); // another lab has made it meanwhile
        }
        let partial = making.join("partial");
        let what = || format!("cannot make {}", path.display());
        remove(&partial)?;
        fs::create_dir_all(&partial).context(what)?;
        if let Err(e) = fill(&partial).map_err(|e| full_disk(&partial, e)) {
            remove(&partial)?; // on a full disk the space is needed elsewhere
            return Err(e);
        }
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .context(what)?;
        fs::rename(&partial, &path).context(what)?;
        Ok(path)
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

/// Programs that fill a disk do not always say so: looks for itself.
fn full_disk(dir: &Path, error: Error) -> Error {
    let free = statvfs(dir).map(|fs| fs.blocks_available() * fs.fragment_size());
    match (free, &error) {
        (_, Error::DiskFull { .. }) => error,
        (Ok(0..ROOM), _) => Error::DiskFull {
            what: error.to_string(),
        },
        _ => error,
    }
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

    fn cache(dir: &tempfile::TempDir) -> Cache {
        Cache {
            root: dir.path().into(),
        }
    }

    #[test]
    fn an_entry_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(&dir);
        let made = cache
            .entry("a/b", |path| fs::write(path.join("f"), "1").context(|| "f"))
            .unwrap();
        let found = cache.entry("a/b", |_| panic!("is there")).unwrap();
        assert_eq!(made, found);
        assert_eq!(fs::read_to_string(found.join("f")).unwrap(), "1");
    }

    #[test]
    fn what_an_interruption_left_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(&dir);
        cache
            .entry("a", |path| {
                fs::write(path.join("half"), "").unwrap();
                Err(Error::Other("stop".into()))
            })
            .unwrap_err();
        fs::create_dir_all(cache.path("making/a/partial/half")).unwrap(); // as SIGKILL leaves it
        let path = cache.entry("a", |_| Ok(())).unwrap();
        assert_eq!(fs::read_dir(path).unwrap().count(), 0);
    }

    #[test]
    fn of_two_labs_one_makes_an_entry_and_the_other_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let (begun, wait) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let made = cache(&dir).entry("a", |path| {
                    begun.send(()).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(100));
                    fs::write(path.join("f"), "1").context(|| "f")
                });
                made.unwrap();
            });
            wait.recv().unwrap();
            cache(&dir).entry("b", |_| Ok(())).unwrap();
            let found = cache(&dir).entry("a", |_| panic!("is being made")).unwrap();
            assert_eq!(fs::read_to_string(found.join("f")).unwrap(), "1");
        });
    }

    #[test]
    fn a_link_moves_to_the_new_entry() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(&dir);
        for target in ["one", "two"] {
            cache.entry(target, |_| Ok(())).unwrap();
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
