//! PCI functions: their vectors, their INTx line, and those that the driver does not know.

mod account;
mod command;
mod described;
pub mod function;
mod intx;
mod storm;
mod vectors;

use crate::trial::Trial;

/// The tests of this folder.
pub fn tests() -> Vec<Trial> {
    [
        vectors::tests(),
        storm::tests(),
        intx::tests(),
        described::tests(),
        command::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
