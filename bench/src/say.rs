//! Words for the person at the terminal, beside the results.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line to standard error. If nobody reads it any more, that is no failure.
pub fn say(words: impl Display) {
    let _ = writeln!(io::stderr().lock(), "irqlink-bench: {words}");
}

/// The same without the program's name.
pub fn say_plain(words: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}
