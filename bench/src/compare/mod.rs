//! Two reports side by side.

mod likeness;
mod pairs;
mod settings;
mod streams;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::report::Report;

pub use likeness::Difference;
pub use pairs::{Figure, Pair, Section};

/// Version of the layout of its JSON.
const SCHEMA: u32 = 1;

/// What two reports have in common, and how their environments differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Which of the two runs ended early.
    pub partial: [bool; 2],
    /// How the environments differ, in what matters.
    pub unlike: Vec<Difference>,
    /// What can be compared; never nothing.
    pub sections: Vec<Section>,
}

/// Compares two reports, of unlike environments only if it is `forced`.
///
/// # Errors
/// [`Error::UnlikeEnvironments`]; [`Error::Unlike`] if there is nothing to compare.
pub fn compare(a: &Report, b: &Report, forced: bool) -> Result<Comparison> {
    let unlike = likeness::differences(a, b);
    if !forced && !unlike.is_empty() {
        return Err(Error::UnlikeEnvironments(unlike));
    }
    let sections = pairs::sections(a, b);
    if sections.is_empty() {
        return Err(Error::Unlike(format!(
            "they have nothing in common. The first has {}; the second has {}",
            pairs::contents(a),
            pairs::contents(b)
        )));
    }
    Ok(Comparison {
        schema: SCHEMA,
        partial: [a.partial, b.partial],
        unlike,
        sections,
    })
}
