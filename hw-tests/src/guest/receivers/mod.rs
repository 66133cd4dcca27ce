//! Receivers that `delivery` does not hold side by side with the others.

mod observer;
mod sleeping;

use crate::trial::Trial;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    [observer::tests(), sleeping::tests()]
        .into_iter()
        .flatten()
        .collect()
}
