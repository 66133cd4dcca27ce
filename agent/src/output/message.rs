//! Messages to the person, on standard error.

use std::fmt::Arguments;
use std::io::{Write, stderr};

/// Says a line. One that cannot be written is no reason to end: nobody listens.
pub fn say(line: Arguments<'_>) {
    let _ = writeln!(stderr(), "{line}");
}
