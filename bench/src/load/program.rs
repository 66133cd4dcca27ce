//! The program that makes a load: stress-ng where it is installed, else this one.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use super::Load;

/// Runs this program, also once its file has been replaced or removed.
const OWN: &str = "/proc/self/exe";

/// The program that makes a load, and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    name: String,
    file: PathBuf,
    arguments: Vec<&'static str>,
}

impl Program {
    /// Finds one; `None` for [`Load::Idle`], which needs none.
    pub fn find(load: Load) -> Option<Self> {
        if load.is_idle() {
            return None;
        }
        Some(match stress_ng_version() {
            Some(version) => Program {
                name: version,
                file: "stress-ng".into(),
                arguments: stress_ng(load),
            },
            None => Program {
                name: "irqlink-bench".into(),
                file: OWN.into(),
                arguments: vec!["load", load.name()],
            },
        })
    }

    /// The command.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.file);
        command.args(&self.arguments);
        command
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.arguments.join(" "))
    }
}

/// Arguments of stress-ng; 0 stands for one worker a CPU.
fn stress_ng(load: Load) -> Vec<&'static str> {
    let mut arguments = vec!["--quiet"];
    arguments.extend(match load {
        Load::Idle => &[][..],
        Load::Cpu => &["--cpu", "0"],
        Load::Memory => &["--stream", "0"],
        Load::Network => &["--udp", "0"],
        Load::Interrupts => &["--timerfd", "0", "--timerfd-freq", "20000"],
    });
    arguments
}

/// `stress-ng 0.15.06`, if it is installed.
fn stress_ng_version() -> Option<String> {
    let output = Command::new("stress-ng").arg("--version").output().ok()?;
    version(&String::from_utf8_lossy(&output.stdout))
}

/// Of `stress-ng, version 0.15.06 (gcc 12.2, x86_64 Linux 6.1.0)`.
fn version(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("version ")?;
    let number = rest.split_whitespace().next()?;
    Some(format!("stress-ng {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_makes_no_load() {
        assert_eq!(Program::find(Load::Idle), None);
    }

    #[test]
    fn the_version_is_told() {
        let text = "stress-ng, version 0.15.06 (gcc 12.2, x86_64 Linux 6.1.0)\n";
        assert_eq!(version(text).unwrap(), "stress-ng 0.15.06");
        assert_eq!(version("sh: not found"), None);
    }
}
