//! Tests a rig on a board that is reached by ssh: brings modules, programs and rig there, runs the
//! tests, and brings back what came of them.

mod args;
mod check;
mod error;
mod modules;
mod outcome;
mod probe;
mod programs;
mod ssh;
mod staging;
#[cfg(test)]
mod tests;
mod virtual_board;

use std::path::PathBuf;
use std::time::Duration;

use irqlink_hw_tests::rig::Rig;

use crate::error::{Error, Result};
use crate::guest_programs;
use crate::progress::Progress;
use crate::stop::{self, InOrder};

pub use args::BoardTestArgs;
pub use check::check;
pub use error::BoardError;
pub use outcome::Outcome;
use probe::Board;
pub use ssh::Address;
use ssh::{Ssh, quoted};
use staging::Staging;
pub use virtual_board::VirtualBoard;

/// How long a board may take, beyond the tests' time, to stop them and to unload the modules.
const MARGIN: Duration = Duration::from_secs(2 * 60);

/// What to test, where.
pub struct BoardTest {
    /// The board.
    pub address: Address,
    /// Its rigs.
    pub rigs: Vec<PathBuf>,
    /// Folder of modules that were built for the board; they are built there if `None`.
    pub modules: Option<PathBuf>,
    /// Folder on the board to build modules with, if not the usual one.
    pub kernel_dir: Option<String>,
    /// Folder of programs that were built for the board; they are built here if `None`.
    pub programs: Option<PathBuf>,
    /// More arguments of the tests, such as a filter.
    pub arguments: Vec<String>,
    /// How long they may take.
    pub time_limit: Duration,
    /// Folder for what comes back; emptied first.
    pub results: PathBuf,
}

impl BoardTest {
    /// Tests; `show` gets what the tests print, as it comes.
    ///
    /// # Errors
    /// If it could not be tried. What failed is in the [`Outcome`].
    pub fn run(&self, progress: Progress, show: &mut dyn FnMut(&[u8])) -> Result<Outcome> {
        self.check_rigs()?;
        let _in_order = InOrder::begin()?;
        let ssh = progress.step(&format!("log in to {}", self.address.target), || {
            Ssh::connect(self.address.clone())
        })?;
        let board = Board::ask(&ssh, self.kernel_dir.as_deref())?;
        let root = board.root(ssh.target())?;
        let staging = self.stage(&ssh, &board, progress)?;
        let folder = staging.folder();
        outcome::empty(&self.results)?;
        let fetch = || ssh.fetch(root, &format!("{folder}/out"), &self.results);
        let limit = self.time_limit + MARGIN;
        let code = match ssh.follow(&self.command(root, folder), limit, show) {
            // A board that goes down under the tests has not passed them.
            Err(Error::Board(lost @ BoardError::Lost { .. })) => {
                return Ok(Outcome::lost(&lost, &self.results));
            }
            Err(Error::Board(hung @ BoardError::Hung { .. })) => {
                // Some of it may answer still, and what it has logged is worth a try.
                let _ = fetch();
                return Ok(Outcome::lost(&hung, &self.results));
            }
            code => code?,
        };
        let fetched = fetch();
        staging.remove()?;
        if stop::requested() {
            return Err(BoardError::Stopped {
                target: ssh.target().into(),
            }
            .into());
        }
        fetched?;
        Outcome::new(code, &self.results)
    }

    /// The rigs lie side by side on the board, and their tests have their names.
    fn check_rigs(&self) -> Result<()> {
        for (count, rig) in self.rigs.iter().enumerate() {
            Rig::read(rig).map_err(|e| Error::Other(e.to_string()))?;
            let has_name = |other: &&PathBuf| other.file_name() == rig.file_name();
            if let Some(other) = self.rigs[..count].iter().find(has_name) {
                return Err(Error::Other(format!(
                    "two rigs have one name, {} and {}: rename one",
                    other.display(),
                    rig.display()
                )));
            }
        }
        Ok(())
    }

    /// Only sees whether the modules can be built on the board.
    pub fn build(&self, progress: Progress) -> Result<()> {
        let ssh = Ssh::connect(self.address.clone())?;
        let board = Board::ask(&ssh, self.kernel_dir.as_deref())?;
        board.can_build(ssh.target())?;
        let staging = Staging::new(&ssh, &board, progress)?;
        staging.build_modules()?;
        staging.remove()
    }

    /// Brings everything to the board.
    fn stage<'a>(&self, ssh: &'a Ssh, board: &Board, progress: Progress) -> Result<Staging<'a>> {
        let target = ssh.target();
        let modules = match &self.modules {
            Some(folder) => modules::given(folder, target, &board.release)?,
            None => {
                board.can_build(target)?;
                Vec::new()
            }
        };
        let programs = match &self.programs {
            Some(folder) => programs::given(folder)?,
            None => progress.step(&format!("build the programs for {}", board.machine), || {
                programs::build(target, &board.machine)
            })?,
        };
        let staging = Staging::new(ssh, board, progress)?;
        staging.send("bin", &programs)?;
        staging.send("rigs", &self.rigs)?;
        match modules.is_empty() {
            true => staging.build_modules()?,
            false => staging.send("modules", &modules)?,
        }
        Ok(staging)
    }

    /// The command for the board's shell.
    fn command(&self, root: &str, folder: &str) -> String {
        let tests = guest_programs::TESTS;
        let mut words = vec![
            format!(
                "cd {folder} && {root}env PATH={folder}/bin:$PATH {folder}/bin/{}",
                guest_programs::BOARD
            ),
            format!(
                "--modules {folder}/modules --kernel-log {folder}/out/{}",
                outcome::KERNEL_LOG
            ),
            format!("--time-limit {}", self.time_limit.as_secs()),
            format!(
                "-- {folder}/bin/{tests} --ktap {folder}/out/{}",
                outcome::KTAP
            ),
            format!(
                "--junit {folder}/out/{} --report {folder}/out/{}",
                outcome::JUNIT,
                outcome::REPORT
            ),
        ];
        for rig in &self.rigs {
            let name = rig.file_name().unwrap_or_default().to_string_lossy();
            words.push(format!(
                "--rig {}",
                quoted(&format!("{folder}/rigs/{name}"))
            ));
        }
        words.extend(self.arguments.iter().map(|word| quoted(word)));
        words.join(" ")
    }
}
