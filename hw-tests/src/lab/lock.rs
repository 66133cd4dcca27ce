//! Keeps two labs from making the same thing at the same time.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

use crate::error::{Context, Result};

/// Name of the file that is locked.
pub const NAME: &str = "lock";

/// Held until it is dropped.
pub type Lock = Flock<File>;

/// Takes the lock of the folder `dir`, waiting for another lab that has it.
pub fn wait(dir: &Path) -> Result<Lock> {
    let lock = || -> io::Result<Lock> {
        fs::create_dir_all(dir)?;
        let file = File::create(dir.join(NAME))?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock).or_else(|(file, _)| {
            eprintln!("waiting for another lab that works in {}", dir.display());
            Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, e)| e.into())
        })
    };
    lock().context(|| format!("cannot use the folder {}", dir.display()))
}
