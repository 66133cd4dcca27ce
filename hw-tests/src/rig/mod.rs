//! A rig: which source of a board is tested, what makes its interrupts, and what is expected of
//! it. A small TOML file; `hw-tests/rigs/` has some, `docs/hil.md` says how to add one.

mod check;
mod error;
mod limits;
mod source;
#[cfg(test)]
mod tests;
mod trigger;
mod value;

use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

pub use error::RigError;
pub use limits::Limits;
pub use source::{Gpio, Sim, Source};
pub use trigger::{Output, Trigger, Vector};

/// A rig, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rig {
    /// Name of its file without `.toml`.
    pub name: String,
    /// What it is, in a line.
    pub description: Option<String>,
    /// The source.
    pub source: Source,
    /// What makes its interrupts.
    pub trigger: Trigger,
    /// How many a test makes or waits for.
    pub events: u64,
    /// What is expected.
    pub limits: Limits,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    description: Option<String>,
    source: Spanned<Source>,
    trigger: Spanned<Trigger>,
    #[serde(default = "events")]
    events: Spanned<u64>,
    #[serde(default = "limits")]
    limits: Spanned<Limits>,
}

fn events() -> Spanned<u64> {
    Spanned::new(0..0, 200)
}

fn limits() -> Spanned<Limits> {
    Spanned::new(0..0, Limits::default())
}

impl Rig {
    /// Reads a file.
    ///
    /// # Errors
    /// With file and line, and what to do.
    pub fn read(path: &Path) -> Result<Rig, RigError> {
        let text = fs::read_to_string(path).map_err(|source| RigError::Unreadable {
            path: path.into(),
            source,
        })?;
        Rig::parse(path, &text)
    }

    /// Reads the text of a file called `path`.
    ///
    /// # Errors
    /// As [`Rig::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Rig, RigError> {
        let wrong = |span: Option<std::ops::Range<usize>>, what: &str| {
            RigError::new(path, text, span, what)
        };
        let file: File = toml::from_str(text).map_err(|e| wrong(e.span(), e.message()))?;
        check::check(&file).map_err(|(span, what)| wrong(Some(span), &what))?;
        Ok(Rig {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            description: file.description,
            source: file.source.into_inner(),
            trigger: file.trigger.into_inner(),
            events: file.events.into_inner(),
            limits: file.limits.into_inner(),
        })
    }
}
