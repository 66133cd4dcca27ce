//! Colour, on a terminal only.

use std::fmt::Display;
use std::io::IsTerminal;

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// Colour if standard output is a terminal and `NO_COLOR` is unset or empty.
    pub fn detect() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style {
            colour: std::io::stdout().is_terminal() && !refused,
        }
    }

    /// A heading.
    pub fn bold(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// Good.
    pub fn green(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// A warning.
    pub fn yellow(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// A failure or a loss.
    pub fn red(self, text: impl Display) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}
