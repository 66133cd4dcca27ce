//! What is wrong with a rig.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why a rig cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read the rig {}: {source}\nA rig is a file, or the name of one in hw-tests/rigs.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It says something that it cannot.
    #[error("{}:{line}: {what}\n    {text}\ndocs/hil.md has the keys of a rig", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// That line.
        text: String,
        /// What is wrong.
        what: String,
    },
}

impl RigError {
    /// At `span` in `text`, or at its end.
    pub(super) fn new(path: &Path, text: &str, span: Option<Range<usize>>, what: &str) -> RigError {
        let at = span.map_or(text.len(), |span| span.start);
        // A span may end within a character only if the parser is wrong; then it is not worth a panic.
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count();
        RigError::Wrong {
            path: path.into(),
            line: line + 1,
            text: text.lines().nth(line).unwrap_or("").trim().into(),
            what: what.trim_end().replace('\n', "; "),
        }
    }
}
