//! What a check is made of.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

/// How bad it is, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// Events come, but late or not always.
    Warn,
    /// Events cannot be received.
    Fail,
}

/// One step of the examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    pub verdict: Verdict,
    pub finding: String,
    /// What to do, unless all is well.
    pub advice: Option<String>,
}

impl Check {
    pub fn ok(name: impl Into<String>, finding: impl Into<String>) -> Self {
        Check {
            name: name.into(),
            verdict: Verdict::Ok,
            finding: finding.into(),
            advice: None,
        }
    }

    pub fn warn(
        name: impl Into<String>,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let advice = Some(advice.into());
        Check {
            verdict: Verdict::Warn,
            advice,
            ..Check::ok(name, finding)
        }
    }

    pub fn fail(
        name: impl Into<String>,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            verdict: Verdict::Fail,
            ..Check::warn(name, finding, advice)
        }
    }
}

/// The files of /proc and /sys, below a directory.
#[derive(Clone, Debug)]
pub struct Files(pub PathBuf);

impl Files {
    /// Text of a file without the white space around it; `None` if it cannot be read.
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path))
            .ok()
            .map(|text| text.trim().to_owned())
    }

    /// Names in a directory, sorted; none if it cannot be read.
    pub fn list(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(path))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

#[cfg(test)]
pub mod fake {
    //! A tree of files to examine.

    use std::ops::Deref;

    use tempfile::TempDir;

    use super::*;

    pub struct Fake {
        files: Files,
        _directory: TempDir,
    }

    /// Files with these contents.
    pub fn files(contents: &[(&str, &str)]) -> Fake {
        let directory = TempDir::new().unwrap();
        for (path, text) in contents {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Fake {
            files: Files(directory.path().to_owned()),
            _directory: directory,
        }
    }

    impl Deref for Fake {
        type Target = Files;

        fn deref(&self) -> &Files {
            &self.files
        }
    }
}
