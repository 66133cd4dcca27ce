//! Writes files: whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::error::{Error, Result};

/// Stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Writes to a file, or to standard output for `-`. A file is replaced once the new one is whole;
/// another kind of file, such as a device, is written to.
///
/// # Errors
/// [`Error::Write`].
pub fn write(bytes: &[u8], path: &Path) -> Result<()> {
    let written = if is_standard_output(path) {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    } else if is_special(path) {
        File::options()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
    } else {
        replace(path, bytes)
    };
    written.map_err(write_error(path))
}

/// Finds out whether a file can be written there, before it is worked for.
///
/// # Errors
/// [`Error::Write`].
pub fn check(path: &Path) -> Result<()> {
    if is_standard_output(path) || is_special(path) {
        return Ok(());
    }
    new_beside(path).map(drop).map_err(write_error(path))
}

/// The path stands for standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new(STANDARD_OUTPUT)
}

/// There, but no regular file.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| !file.is_file())
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = match is_standard_output(path) {
        true => "to standard output".into(),
        false => path.display().to_string(),
    };
    move |source| Error::Write { path, source }
}

/// A file in the same folder that goes away unless it is kept.
fn new_beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    Builder::new()
        .prefix(".irqlink-bench-")
        // As any new file: less what the umask takes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = new_beside(path)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        write(b"new", &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_an_error_that_says_so() {
        let error = write(b"x", Path::new("/dev/full")).unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_an_error_with_the_path() {
        let path = Path::new("/nonexistent/r.json");
        for error in [check(path), write(b"", path)] {
            assert_eq!(
                error.unwrap_err().to_string(),
                "cannot write /nonexistent/r.json: there is no such folder"
            );
        }
    }
}
