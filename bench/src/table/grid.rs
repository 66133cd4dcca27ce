//! Aligned columns: the first to the left, the others to the right.

use std::fmt::Write;
use std::io::IsTerminal;

/// Grey on a terminal (SGR 2, ECMA-48).
const DIM: (&str, &str) = ("\x1b[2m", "\x1b[0m");

/// Whether text may be painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    is_painted: bool,
}

impl Style {
    /// Never painted.
    #[cfg(test)]
    pub const PLAIN: Style = Style { is_painted: false };

    /// Painted if standard output is a terminal and `NO_COLOR` is unset or empty.
    pub fn detect() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style {
            is_painted: std::io::stdout().is_terminal() && !refused,
        }
    }
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    is_dim: bool,
}

impl Cell {
    /// A figure that is not to be relied on: grey, and in parentheses, which copies keep.
    pub fn doubtful(text: impl Into<String>) -> Self {
        Cell {
            text: format!("({})", text.into()),
            is_dim: true,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell {
            text: text.into(),
            is_dim: false,
        }
    }
}

/// Rows of equal length, as text.
pub fn align(rows: &[Vec<Cell>], style: Style) -> String {
    let length = |cell: &Cell| cell.text.chars().count();
    let width = |column: usize| rows.iter().map(|row| length(&row[column])).max();
    let widths: Vec<usize> = (0..rows[0].len()).filter_map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let (begin, end) = match cell.is_dim && style.is_painted {
                true => DIM,
                false => ("", ""),
            };
            let pad = " ".repeat(width - length(cell));
            let _ = match column {
                0 => write!(text, "{begin}{}{end}{pad}", cell.text),
                _ => write!(text, "  {pad}{begin}{}{end}", cell.text),
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubtful_figures_are_grey_where_that_can_be_seen() {
        let rows = [vec!["p50".into(), Cell::doubtful("8,461")]];
        assert_eq!(align(&rows, Style::PLAIN), "p50  (8,461)\n");
        assert_eq!(
            align(&rows, Style { is_painted: true }),
            "p50  \x1b[2m(8,461)\x1b[0m\n"
        );
    }
}
