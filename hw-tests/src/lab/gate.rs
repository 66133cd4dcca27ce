//! Holds the path lengths of irqlink's paths to those that are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result};
use crate::kernel::Flavour;
use crate::measured::{Length, Report};
use crate::paths;
use crate::progress::Progress;

/// The kernel whose path lengths are held.
pub const KERNEL: Flavour = Flavour::Stock612;
/// How much worse is too much. Two runs differ by a tenth of it.
const LIMIT_PERCENT: u64 = 2;
/// How the baseline begins.
const HEAD: &str = "# p50 in instructions, from the stamp in hard IRQ to the handler. `make bench-gate UPDATE=1` writes it.\n";

/// What is committed.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    /// Release of the kernel it was measured on.
    kernel: String,
    /// Of each path.
    p50: BTreeMap<String, u64>,
}

fn file() -> PathBuf {
    paths::root().join("bench/baseline.toml")
}

/// Measures, and prints how the baseline compares; writes it anew if `update`.
///
/// # Errors
/// A path is worse by more than the limit, is missing, or has no baseline.
pub fn run(update: bool, progress: Progress) -> Result<()> {
    let measured = measure(progress)?;
    if update {
        return measured.write();
    }
    let baseline = Baseline::read()?;
    print!("{}", measured.table(&baseline));
    measured.hold_to(&baseline)
}

/// The same, printing nothing.
pub fn check(progress: Progress) -> Result<()> {
    measure(progress)?.hold_to(&Baseline::read()?)
}

fn measure(progress: Progress) -> Result<Baseline> {
    let arguments = [
        "run",
        "--own",
        "--measure",
        "path-length",
        "-n",
        "500",
        "--stages",
        "0",
    ];
    let report = Report::make(KERNEL, &arguments, progress)?;
    let lengths = report.lengths().into_iter();
    Ok(Baseline {
        kernel: report.kernel().into(),
        p50: lengths.map(|Length { path, p50 }| (path, p50)).collect(),
    })
}

impl Baseline {
    fn read() -> Result<Baseline> {
        let file = file();
        let text =
            fs::read_to_string(&file).context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).map_err(|e| Error::Other(format!("{}: {e}", file.display())))
    }

    fn write(&self) -> Result<()> {
        let text = toml::to_string(self).expect("a name and numbers can be written");
        let file = file();
        fs::write(&file, format!("{HEAD}{text}"))
            .context(|| format!("cannot write {}", file.display()))
    }

    /// What was measured beside the baseline.
    fn table(&self, baseline: &Baseline) -> String {
        let mut text = format!(
            "{:<16} {:>9} {:>9} {:>8}\n",
            "path", "baseline", "now", "change"
        );
        for (path, now) in &self.p50 {
            text += &match baseline.p50.get(path) {
                Some(before) => format!(
                    "{path:<16} {before:>9} {now:>9} {:>+7.1}%\n",
                    change(*before, *now)
                ),
                None => format!("{path:<16} {:>9} {now:>9}\n", "-"),
            };
        }
        text
    }

    fn hold_to(&self, baseline: &Baseline) -> Result<()> {
        let worse = self
            .p50
            .iter()
            .filter_map(|(path, now)| match baseline.p50.get(path) {
                Some(before) if now * 100 > before * (100 + LIMIT_PERCENT) => Some(format!(
                    "{path} takes {now} instructions, {:+.1}% against the baseline of {before}",
                    change(*before, *now)
                )),
                Some(_) => None,
                None => Some(format!("{path} has no baseline")),
            });
        let missing = baseline
            .p50
            .keys()
            .filter(|path| !self.p50.contains_key(*path));
        let missing = missing.map(|path| format!("{path} was not measured"));
        let mut found: Vec<String> = worse.chain(missing).collect();
        if found.is_empty() {
            return Ok(());
        }
        if self.kernel != baseline.kernel {
            found.push(format!(
                "The baseline is of Linux {}, this is {}.",
                baseline.kernel, self.kernel
            ));
        }
        found.push(
            "If it is meant to be so: `make bench-gate UPDATE=1`, and commit bench/baseline.toml."
                .into(),
        );
        Err(Error::Other(found.join("\n")))
    }
}

/// In per cent.
fn change(before: u64, now: u64) -> f64 {
    (now as f64 / before as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(p50: &[(&str, u64)]) -> Baseline {
        Baseline {
            kernel: "6.12.1".into(),
            p50: p50
                .iter()
                .map(|(path, p50)| (path.to_string(), *p50))
                .collect(),
        }
    }

    fn refused(now: &[(&str, u64)]) -> String {
        let before = baseline(&[("netlink", 7500), ("read", 5000)]);
        baseline(now).hold_to(&before).unwrap_err().to_string()
    }

    #[test]
    fn two_per_cent_are_not_too_much() {
        let before = baseline(&[("netlink", 7500), ("read", 5000)]);
        for now in [
            [("netlink", 7650), ("read", 5100)],
            [("netlink", 1), ("read", 5000)],
        ] {
            baseline(&now).hold_to(&before).unwrap();
        }
    }

    #[test]
    fn what_is_worse_is_named() {
        let error = refused(&[("netlink", 7651), ("read", 5000)]);
        assert!(
            error.contains("netlink takes 7651") && error.contains("+2.0%"),
            "{error}"
        );
        assert!(!error.contains("read"), "{error}");
    }

    #[test]
    fn each_path_is_in_both() {
        assert!(refused(&[("netlink", 7500)]).contains("read was not measured"));
        let new = refused(&[("netlink", 7500), ("read", 5000), ("ring", 4000)]);
        assert!(new.contains("ring has no baseline"), "{new}");
    }

    #[test]
    fn another_kernel_is_named() {
        let before = Baseline {
            kernel: "6.12.2".into(),
            ..baseline(&[("read", 1)])
        };
        let error = baseline(&[("read", 2)])
            .hold_to(&before)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("6.12.2") && error.contains("6.12.1"),
            "{error}"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let baseline = baseline(&[("netlink", 7500)]);
        let text = toml::to_string(&baseline).unwrap();
        assert_eq!(toml::from_str::<Baseline>(&text).unwrap(), baseline);
    }
}
