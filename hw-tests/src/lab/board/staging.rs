//! The folder on a board that everything is brought to, and that goes when all is done.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::BoardError;
use super::probe::Board;
use super::ssh::{Ssh, quoted};
use crate::error::{Context, Result};
use crate::module;
use crate::module_build;
use crate::progress::Progress;

/// Room for modules while they are built, in kB.
const ROOM_TO_BUILD: u64 = 32 * 1024;

/// How long their build may take.
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The folder. It is removed when this is dropped.
pub struct Staging<'a> {
    ssh: &'a Ssh,
    board: Board,
    folder: String,
    progress: Progress,
    is_removed: bool,
}

impl<'a> Staging<'a> {
    /// Makes it.
    pub fn new(ssh: &'a Ssh, board: &Board, progress: Progress) -> Result<Staging<'a>> {
        let script = format!(
            "folder=$(mktemp -d {}/irqlink-XXXXXX) && mkdir $folder/out && echo $folder",
            board.folder
        );
        let folder = ssh.output(&script)?.trim().to_owned();
        if !folder.starts_with('/') || folder.contains(char::is_whitespace) {
            return Err(BoardError::Answer {
                target: ssh.target().into(),
                said: folder,
            }
            .into());
        }
        Ok(Staging {
            ssh,
            board: board.clone(),
            folder,
            progress,
            is_removed: false,
        })
    }

    /// Its path on the board.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Brings files into a folder in it.
    pub fn send(&self, name: &str, files: &[PathBuf]) -> Result<()> {
        let copies = tempfile::tempdir().context(|| "cannot make a folder")?;
        for file in files {
            let copy = copies.path().join(file.file_name().unwrap_or_default());
            fs::copy(file, copy).context(|| format!("cannot copy {}", file.display()))?;
        }
        self.send_folder(name, copies.path(), 0)
    }

    /// Brings the modules' sources there and builds them, for the running kernel.
    pub fn build_modules(&self) -> Result<()> {
        let copies = tempfile::tempdir().context(|| "cannot make a folder")?;
        module_build::copy(&module::root(), &module::sources()?, copies.path())?;
        self.send_folder("modules", copies.path(), ROOM_TO_BUILD)?;
        let what = format!(
            "build the modules on {} for {}",
            self.ssh.target(),
            self.board.release
        );
        let make = format!(
            "make -C {}/modules KERNEL_DIR={}",
            self.folder,
            quoted(&self.board.kernel_dir)
        );
        self.progress
            .step(&what, || self.ssh.output_within(&make, BUILD_LIMIT))
            .map(drop)
    }

    /// Brings a folder's contents there, where so many more kB are needed besides.
    fn send_folder(&self, name: &str, from: &Path, more: u64) -> Result<()> {
        let target = self.ssh.target();
        self.board.has_room(target, size(from)? / 1024 + more)?;
        let to = format!("{}/{name}", self.folder);
        self.ssh.output(&format!("mkdir {to}"))?;
        self.progress.step(&format!("copy {name} to {target}"), || {
            self.ssh.send(from, &to)
        })
    }

    /// Removes it.
    pub fn remove(mut self) -> Result<()> {
        self.is_removed = true;
        self.ssh
            .output(&format!("rm -rf {}", self.folder))
            .map(drop)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if !self.is_removed {
            // Something else has failed, and is told.
            let _ = self.ssh.output(&format!("rm -rf {}", self.folder));
        }
    }
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let what = || format!("cannot read {}", folder.display());
    let mut sum = 0;
    for entry in fs::read_dir(folder).context(what)? {
        let entry = entry.context(what)?;
        let meta = entry.metadata().context(what)?;
        sum += match meta.is_dir() {
            true => size(&entry.path())?,
            false => meta.len(),
        };
    }
    Ok(sum)
}
