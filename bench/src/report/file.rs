//! Reads and writes report files.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::{Report, SCHEMA};
use crate::error::{Error, Result};

/// Reads a report.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::NotAReport`].
pub fn read(path: &Path) -> Result<Report> {
    let bytes = fs::read(path).map_err(|source| Error::Unreadable {
        path: path.into(),
        source,
    })?;
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| Error::NotAReport {
        path: path.into(),
        why: error.to_string(),
    })?;
    if report.schema != SCHEMA {
        return Err(Error::NotAReport {
            path: path.into(),
            why: format!("its schema is {}, not {SCHEMA}", report.schema),
        });
    }
    Ok(report)
}

/// Writes a report to a file, or to standard output for `-`. A file is replaced once the new one
/// is whole; another kind of file, such as a device, is written to.
///
/// # Errors
/// [`Error::Write`].
pub fn write(report: &Report, path: &Path) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(report).expect("a report is JSON");
    text.push(b'\n');
    let written = if path == Path::new("-") {
        let mut out = io::stdout().lock();
        out.write_all(&text).and_then(|()| out.flush())
    } else if is_special(path) {
        File::options()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(&text))
    } else {
        replace(path, &text)
    };
    written.map_err(write_error(path))
}

/// Finds out whether a report can be written there, before it is worked for.
///
/// # Errors
/// [`Error::Write`].
pub fn check(path: &Path) -> Result<()> {
    if path == Path::new("-") || is_special(path) {
        return Ok(());
    }
    new_beside(path).map(drop).map_err(write_error(path))
}

/// There, but no regular file.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| !file.is_file())
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = match path == Path::new("-") {
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

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = new_beside(path)?;
    file.write_all(text)?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;

    fn report() -> Report {
        Report::new(environment(), Vec::new(), false)
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        write(&report(), &path).unwrap();
        assert_eq!(read(&path).unwrap(), report());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_an_error_that_says_so() {
        let error = write(&report(), Path::new("/dev/full")).unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_an_error_with_the_path() {
        let path = Path::new("/nonexistent/r.json");
        for error in [check(path), write(&report(), path)] {
            assert_eq!(
                error.unwrap_err().to_string(),
                "cannot write /nonexistent/r.json: there is no such folder"
            );
        }
    }

    #[test]
    fn foreign_files_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("foreign");
        for text in ["", "[]", "{\"schema\": 1}", "\0\u{1}"] {
            fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(
                error.contains("is not a report of irqlink-bench"),
                "{error}"
            );
        }
    }

    #[test]
    fn another_schema_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later.json");
        let later = Report {
            schema: 2,
            ..report()
        };
        write(&later, &path).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("its schema is 2, not 1"), "{error}");
    }

    #[test]
    fn a_report_that_is_not_there_is_named() {
        let error = read(Path::new("/nonexistent/r.json")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot read /nonexistent/r.json")
        );
    }
}
