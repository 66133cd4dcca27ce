//! An entry of the cache. It is made under a temporary name and renamed when it is whole, so that what an
//! interruption leaves is never taken for good. What is damaged later is noticed by its manifest, and made
//! anew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use nix::unistd::syncfs;

use crate::cache::{Cache, remove};
use crate::error::{Context, Error, Result};
use crate::lock;
use crate::manifest;

/// Less than this many free bytes are none.
const ROOM: u64 = 1 << 20;

/// A folder in the cache, there or not.
pub struct Entry<'a> {
    cache: &'a Cache,
    name: String,
    /// Its essential files.
    files: Vec<String>,
}

impl Entry<'_> {
    /// The folder `name`, which is of no use without each of `files`.
    pub fn new<'a>(cache: &'a Cache, name: String, files: &[&str]) -> Entry<'a> {
        Entry {
            cache,
            name,
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        }
    }

    /// Where it is, if it is there and its essential files are as they were made. A damaged one goes.
    pub fn find(&self) -> Result<Option<PathBuf>> {
        if self.is_whole() {
            return Ok(Some(self.path()));
        }
        let _lock = lock::wait(&self.making())?;
        self.look()
    }

    /// Where it is, made by `fill` if it is not there.
    pub fn make(&self, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let _lock = lock::wait(&self.making())?;
        // Another lab may have made it meanwhile.
        if let Some(path) = self.look()? {
            return Ok(path);
        }
        let (path, partial) = (self.path(), self.making().join("partial"));
        let what = || format!("cannot make {}", path.display());
        remove(&partial)?;
        fs::create_dir_all(&partial).context(what)?;
        if let Err(e) = fill(&partial).map_err(|e| full_disk(&partial, e)) {
            remove(&partial)?; // on a full disk the space is needed elsewhere
            return Err(e);
        }
        manifest::write(&partial, &self.files).context(what)?;
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .context(what)?;
        // So that it is whole under its name even if the power fails.
        File::open(&partial)
            .and_then(|dir| Ok(syncfs(dir)?))
            .and_then(|()| fs::rename(&partial, &path))
            .context(what)?;
        Ok(path)
    }

    fn path(&self) -> PathBuf {
        self.cache.path(&self.name)
    }

    /// Where it is made, and locked.
    fn making(&self) -> PathBuf {
        self.cache.path("making").join(&self.name)
    }

    fn is_whole(&self) -> bool {
        let path = self.path();
        path.is_dir() && manifest::damaged(&path, &self.files).is_none()
    }

    /// Looks under the lock, so that nobody's entry goes who has just made it.
    fn look(&self) -> Result<Option<PathBuf>> {
        let path = self.path();
        if !path.is_dir() {
            return Ok(None);
        }
        match manifest::damaged(&path, &self.files) {
            None => Ok(Some(path)),
            Some(file) => {
                eprintln!(
                    "{} in the cache is damaged ({file}), and is made anew",
                    self.name
                );
                remove(&path)?;
                Ok(None)
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills an entry with one file.
    fn put(name: &'static str, text: &'static str) -> impl FnOnce(&Path) -> Result<()> {
        move |path| fs::write(path.join(name), text).context(|| name)
    }

    #[test]
    fn a_damaged_entry_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        let entry = cache.entry("a", &["f"]);
        type Damage = fn(&Path) -> std::io::Result<()>;
        let damages: [Damage; 3] = [
            |file| fs::write(file, "h"),
            |file| fs::write(file, ""),
            |file| fs::remove_file(file),
        ];
        for damage in damages {
            let file = entry.make(put("f", "whole")).unwrap().join("f");
            damage(&file).unwrap();
            assert_eq!(entry.find().unwrap(), None);
            assert_eq!(entry.make(put("f", "whole")).unwrap().join("f"), file);
            assert_eq!(fs::read_to_string(&file).unwrap(), "whole");
        }
    }

    #[test]
    fn an_entry_of_a_lab_that_wrote_no_manifest_is_taken_and_gets_one() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        fs::create_dir(cache.path("a")).unwrap();
        put("f", "whole")(&cache.path("a")).unwrap();
        let entry = cache.entry("a", &["f"]);
        assert_eq!(entry.find().unwrap(), Some(cache.path("a")));
        put("f", "h")(&cache.path("a")).unwrap();
        assert_eq!(entry.find().unwrap(), None);
        fs::create_dir(cache.path("a")).unwrap();
        assert_eq!(entry.find().unwrap(), None, "nothing is in it");
    }

    #[test]
    fn what_lacks_an_essential_file_is_no_entry() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        let error = cache.entry("a", &["f"]).make(put("g", "1")).unwrap_err();
        assert!(error.to_string().contains("f is missing"), "{error}");
        assert!(!cache.path("a").exists());
    }

    #[test]
    fn an_entry_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        let entry = cache.entry("a/b", &["f"]);
        assert_eq!(entry.find().unwrap(), None);
        let made = entry.make(put("f", "1")).unwrap();
        let found = entry.make(|_| panic!("is there")).unwrap();
        assert_eq!(made, found);
        assert_eq!(entry.find().unwrap().as_ref(), Some(&made));
        assert_eq!(fs::read_to_string(found.join("f")).unwrap(), "1");
    }

    #[test]
    fn what_an_interruption_left_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path());
        let entry = cache.entry("a", &[]);
        entry
            .make(|path| {
                fs::write(path.join("half"), "").unwrap();
                Err(Error::Other("stop".into()))
            })
            .unwrap_err();
        fs::create_dir_all(cache.path("making/a/partial/half")).unwrap(); // as SIGKILL leaves it
        let path = entry.make(|_| Ok(())).unwrap();
        assert!(!path.join("half").exists());
    }

    #[test]
    fn of_two_labs_one_makes_an_entry_and_the_other_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let (begun, wait) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let made = Cache::at(dir.path()).entry("a", &["f"]).make(|path| {
                    begun.send(()).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(100));
                    put("f", "1")(path)
                });
                made.unwrap();
            });
            wait.recv().unwrap();
            let cache = Cache::at(dir.path());
            cache.entry("b", &[]).make(|_| Ok(())).unwrap();
            let entry = cache.entry("a", &["f"]);
            let found = entry.make(|_| panic!("is being made")).unwrap();
            assert_eq!(fs::read_to_string(found.join("f")).unwrap(), "1");
        });
    }
}
