//! Aligned columns.

use std::io::{self, Write};

use super::Style;

/// Rows under headings; columns of plain numbers, and `-` for none, are aligned to the right.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Table {
            rows: vec![headings.iter().map(ToString::to_string).collect()],
        }
    }

    /// Adds a row; it has a cell for each heading.
    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.rows[0].len());
        self.rows.push(cells);
    }

    /// Prints it, indented.
    pub fn print(&self, output: &mut impl Write, style: Style, indent: usize) -> io::Result<()> {
        let columns = self.rows[0].len();
        let column = |index: usize| self.rows.iter().map(move |row| row[index].as_str());
        let widths: Vec<usize> = (0..columns)
            .map(|index| {
                column(index)
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let numeric: Vec<bool> = (0..columns)
            .map(|index| {
                column(index)
                    .skip(1)
                    .all(|cell| cell == "-" || cell.parse::<u64>().is_ok())
            })
            .collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells =
                row.iter()
                    .zip(widths.iter().zip(&numeric))
                    .map(|(cell, (width, numeric))| {
                        if *numeric {
                            format!("{cell:>width$}")
                        } else {
                            format!("{cell:<width$}")
                        }
                    });
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = line.trim_end();
            let line = if number == 0 {
                style.bold(line)
            } else {
                line.to_owned()
            };
            writeln!(output, "{:indent$}{line}", "")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_left_and_numbers_right() {
        let mut table = Table::new(&["NAME", "RAISED", "IRQ"]);
        table.row(vec!["edu0".into(), "7".into(), "-".into()]);
        table.row(vec!["line-long".into(), "1234567".into(), "24".into()]);
        let mut output = Vec::new();
        table.print(&mut output, Style::detect(), 2).unwrap();
        let expected =
            "  NAME        RAISED  IRQ\n  edu0             7    -\n  line-long  1234567   24\n";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}
