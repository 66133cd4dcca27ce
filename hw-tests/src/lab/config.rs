//! Configurations of the lab's own kernels: fragments in hw-tests/kernels, over a configuration in
//! which everything that can be off is off.

use crate::error::{Error, Result};

/// A configuration: what the board needs, and what makes the kernel.
pub struct Config {
    fragments: [&'static str; 2],
}

const BOARD: &str = include_str!("../../kernels/board.config");

/// Small and fast.
pub const LEAN: Config = Config {
    fragments: [BOARD, include_str!("../../kernels/lean.config")],
};

/// Slow, and finds defects.
pub const DEBUG: Config = Config {
    fragments: [BOARD, include_str!("../../kernels/debug.config")],
};

impl Config {
    /// Both fragments, as Kconfig reads them.
    pub fn text(&self) -> String {
        self.fragments.concat()
    }

    /// Whether Kconfig took every line: it drops silently what has unmet dependencies.
    pub fn check(&self, made: &str) -> Result<()> {
        let text = self.text();
        let dropped: Vec<&str> = settings(&text)
            .filter(|line| !is_taken(line, made))
            .collect();
        match dropped.is_empty() {
            true => Ok(()),
            false => Err(Error::Other(format!(
                "the kernel's sources do not take these lines of hw-tests/kernels:\n{}",
                dropped.join("\n")
            ))),
        }
    }
}

fn settings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with("CONFIG_"))
}

/// Whether the configuration that was made says what `line` does. What is off may not be there at all.
fn is_taken(line: &str, made: &str) -> bool {
    match line.strip_suffix("=n") {
        Some(name) => !settings(made).any(|other| other.split('=').next() == Some(name)),
        None => settings(made).any(|other| other == line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: &str = "CONFIG_PCI=y\n# CONFIG_SMP is not set\nCONFIG_NR=8\n";

    #[test]
    fn what_kconfig_took_is_told_from_what_it_dropped() {
        for line in ["CONFIG_PCI=y", "CONFIG_NR=8", "CONFIG_SMP=n", "CONFIG_X=n"] {
            assert!(is_taken(line, MADE), "{line}");
        }
        for line in ["CONFIG_SMP=y", "CONFIG_NR=4", "CONFIG_X=y", "CONFIG_PCI=n"] {
            assert!(!is_taken(line, MADE), "{line}");
        }
    }

    #[test]
    fn dropped_lines_are_named() {
        let config = Config {
            fragments: ["# comment\nCONFIG_PCI=y\n", "CONFIG_MSI=y\n"],
        };
        let error = config.check(MADE).unwrap_err().to_string();
        assert!(error.ends_with(":\nCONFIG_MSI=y"), "{error}");
        config.check("CONFIG_PCI=y\nCONFIG_MSI=y\n").unwrap();
    }

    #[test]
    fn fragments_hold_settings_and_comments_each_once() {
        for config in [LEAN, DEBUG] {
            let text = config.text();
            let mut names: Vec<&str> = settings(&text)
                .filter_map(|line| line.split('=').next())
                .collect();
            let lines = text.lines().filter(|line| !line.is_empty());
            assert_eq!(
                names.len(),
                lines.filter(|line| !line.starts_with('#')).count()
            );
            names.sort();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count);
        }
    }
}
