//! What a board is, and what it has.

use super::error::BoardError;
use super::ssh::{Ssh, quoted};
use crate::error::Result;

/// Asks in one go, of any POSIX shell; an answer is a line `name=value`.
const SCRIPT: &str = r#"
release=$(uname -r)
echo release=$release
echo machine=$(uname -m)
echo user=$(id -u)
if sudo -n true 2>/dev/null; then echo sudo=yes; fi
kernel_dir=${kernel_dir:-/lib/modules/$release/build}
echo kernel_dir=$kernel_dir
if [ -e $kernel_dir/Makefile ]; then echo headers=yes; fi
for program in make gcc; do
	if command -v $program >/dev/null 2>&1; then echo $program=yes; fi
done
echo folder=${TMPDIR:-/tmp}
echo free=$(df -kP ${TMPDIR:-/tmp} | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
"#;

/// What the board answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// `uname -r`.
    pub release: String,
    /// `uname -m`.
    pub machine: String,
    /// Folder to build modules with.
    pub kernel_dir: String,
    /// Where the tests are copied to, below it.
    pub folder: String,
    /// kB free there.
    free: u64,
    is_root: bool,
    has_sudo: bool,
    has_headers: bool,
    has_make: bool,
    has_gcc: bool,
}

impl Board {
    /// Asks. `kernel_dir`: folder to build modules with, if not the usual one.
    pub fn ask(ssh: &Ssh, kernel_dir: Option<&str>) -> Result<Board> {
        let kernel_dir = quoted(kernel_dir.unwrap_or_default());
        let answer = ssh.output(&format!("kernel_dir={kernel_dir}\n{SCRIPT}"))?;
        let board = parse(&answer).ok_or_else(|| BoardError::Answer {
            target: ssh.target().into(),
            said: answer.trim().into(),
        })?;
        Ok(board)
    }

    /// What commands that need root begin with.
    pub fn root(&self, target: &str) -> Result<&'static str, BoardError> {
        match (self.is_root, self.has_sudo) {
            (true, _) => Ok(""),
            (false, true) => Ok("sudo -n "),
            (false, false) => Err(BoardError::NoRoot {
                target: target.into(),
            }),
        }
    }

    /// Whether modules can be built there.
    pub fn can_build(&self, target: &str) -> Result<(), BoardError> {
        const TOOLS: &str = "Install it (Debian: apt install build-essential), or build the modules elsewhere and give them: \
            MODULES=<folder of the .ko files>.";
        let target = target.to_owned();
        if !self.has_headers {
            return Err(BoardError::NoHeaders {
                target,
                release: self.release.clone(),
                kernel_dir: self.kernel_dir.clone(),
            });
        }
        for (program, is_there) in [("make", self.has_make), ("gcc", self.has_gcc)] {
            if !is_there {
                return Err(BoardError::NoProgram {
                    target,
                    program,
                    advice: TOOLS,
                });
            }
        }
        Ok(())
    }

    /// Whether so many kB fit.
    pub fn has_room(&self, target: &str, needed: u64) -> Result<(), BoardError> {
        match self.free >= needed {
            true => Ok(()),
            false => Err(BoardError::NoSpace {
                target: target.into(),
                folder: self.folder.clone(),
                free: self.free,
                needed,
            }),
        }
    }
}

/// Login shells may print other things around it.
fn parse(answer: &str) -> Option<Board> {
    let value = |name: &str| {
        let line = |line: &str| {
            line.strip_prefix(name)?
                .strip_prefix('=')
                .map(str::to_owned)
        };
        answer.lines().find_map(line)
    };
    let is = |name: &str| value(name).as_deref() == Some("yes");
    Some(Board {
        release: value("release").filter(|text| !text.is_empty())?,
        machine: value("machine").filter(|text| !text.is_empty())?,
        kernel_dir: value("kernel_dir")?,
        folder: value("folder")?,
        free: value("free")?.parse().ok()?,
        is_root: value("user")? == "0",
        has_sudo: is("sudo"),
        has_headers: is("headers"),
        has_make: is("make"),
        has_gcc: is("gcc"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = "Welcome!\nrelease=6.12.25+rpt-rpi-v8\nmachine=aarch64\nuser=1000\nsudo=yes\nkernel_dir=/b\nheaders=yes\nmake=yes\n\
        folder=/tmp\nfree=12345\n";

    #[test]
    fn the_answer_is_found_among_other_words() {
        let board = parse(ANSWER).unwrap();
        assert_eq!(board.release, "6.12.25+rpt-rpi-v8");
        assert_eq!((board.machine.as_str(), board.free), ("aarch64", 12_345));
        assert_eq!(board.root("b").unwrap(), "sudo -n ");
    }

    #[test]
    fn what_is_missing_is_named() {
        let board = parse(ANSWER).unwrap();
        let error = board.can_build("b").unwrap_err().to_string();
        assert!(error.contains("b has no gcc"), "{error}");
        let none = parse(
            &ANSWER
                .replace("headers=yes\n", "")
                .replace("sudo=yes\n", ""),
        )
        .unwrap();
        let error = none.can_build("b").unwrap_err().to_string();
        assert!(
            error.contains("linux-headers-6.12.25+rpt-rpi-v8"),
            "{error}"
        );
        assert!(matches!(none.root("b"), Err(BoardError::NoRoot { .. })));
        assert!(board.has_room("b", 12_345).is_ok());
        let error = board.has_room("b", 12_346).unwrap_err().to_string();
        assert!(error.contains("12345 kB free in /tmp"), "{error}");
    }

    #[test]
    fn half_an_answer_is_none() {
        for name in ["release", "machine", "user", "kernel_dir", "folder", "free"] {
            let answer = ANSWER.replace(&format!("{name}="), "x=");
            assert_eq!(parse(&answer), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(answer in "(\\PC|\n|release=|free=|user=){0,30}") {
            let _ = parse(&answer);
        }
    }
}
