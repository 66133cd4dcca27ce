//! `irqlink-lab board-test`: the command line.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{Address, BoardError, BoardTest, Outcome, VirtualBoard, outcome};
use crate::error::{Error, Result};
use crate::kernel::Flavour;
use crate::paths;
use crate::progress::Progress;
use crate::rigs;

/// Exit status if the tests could not be tried.
const NOT_TRIED: u8 = 2;
/// Exit status after Ctrl-C, as a shell has it.
const STOPPED: u8 = 130;
/// The target that is the lab's own.
const VIRTUAL: &str = "virtual";
/// How long a virtual board may be up beside its tests.
const BOOTED: Duration = Duration::from_secs(300);

/// Where and what to test.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 if all tests passed; 1 if one failed or none was run, or the board's kernel \
    complained, hung or went down; 2 if they could not be tried; 130 after Ctrl-C, which leaves nothing on the \
    board."
)]
pub struct BoardTestArgs {
    /// The board: user@host, or a name of ~/.ssh/config; `virtual` for one that the lab boots
    #[arg(long)]
    target: String,
    /// Kernel of the virtual one; it must have a network built in
    #[arg(short, long, value_enum, default_value = "lean")]
    kernel: Flavour,
    /// Its rig: a file, or the name of one in hw-tests/rigs (again for another one)
    #[arg(long, required_unless_present = "build_only")]
    rig: Vec<PathBuf>,
    /// Port of its ssh server, unless that is in ~/.ssh/config
    #[arg(long)]
    port: Option<u16>,
    /// More options of ssh, separated by spaces, such as '-i key -o UserKnownHostsFile=known'
    #[arg(
        long,
        value_name = "OPTIONS",
        allow_hyphen_values = true,
        default_value = ""
    )]
    ssh_options: String,
    /// Folder of modules that were built for the board; without it they are built there
    #[arg(long, value_name = "FOLDER")]
    modules: Option<PathBuf>,
    /// Folder on the board to build modules with, if not /lib/modules/$(uname -r)/build
    #[arg(long, value_name = "FOLDER", conflicts_with = "modules")]
    kernel_dir: Option<String>,
    /// Folder of programs that were built for the board; without it they are built here
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Only see whether the modules can be built on the board; needs no root there
    #[arg(long, conflicts_with_all = ["modules", "programs"])]
    build_only: bool,
    /// Stop the tests if they still run after this time
    #[arg(long, default_value = "10m", value_parser = humantime::parse_duration)]
    time_limit: Duration,
    /// Arguments of the tests, such as a filter
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl BoardTestArgs {
    /// Tests, and says what came of it.
    pub fn run(self, progress: Progress) -> ExitCode {
        match self.test(progress) {
            Ok(code) => code,
            Err(e) => {
                eprintln!("irqlink-lab: {e}");
                ExitCode::from(match e {
                    Error::Board(BoardError::Stopped { .. }) => STOPPED,
                    _ => NOT_TRIED,
                })
            }
        }
    }

    fn test(self, progress: Progress) -> Result<ExitCode> {
        let host = self.target.rsplit('@').next().unwrap_or_default();
        if host.is_empty() || host.starts_with('-') {
            return Err(Error::Other(format!(
                "TARGET={}: that is no user@host",
                self.target
            )));
        }
        let results = paths::root().join("target/board").join(file_name(host));
        let (is_virtual, build_only) = (self.target == VIRTUAL, self.build_only);
        let kernel = self.kernel;
        let mut test = self.into_test(results);
        if build_only {
            test.build(progress)?;
            println!("the modules can be built on {}", test.address.target);
            return Ok(ExitCode::SUCCESS);
        }
        let mut show = |bytes: &[u8]| {
            // A reader that went away, as in a pipe to head, is no reason to stop.
            let _ = stdout().write_all(bytes).and_then(|()| stdout().flush());
        };
        let outcome = match is_virtual {
            false => test.run(progress, &mut show)?,
            true => {
                let board = VirtualBoard::new(kernel, BOOTED + test.time_limit, progress)?;
                test.modules = Some(test.modules.map_or_else(|| board.modules(progress), Ok)?);
                outcome::empty(&test.results)?;
                let results = test.results.clone();
                let outcome = board.with(progress, |address| {
                    test.address = address;
                    test.run(progress, &mut show)
                });
                outcome.or_else(|e| Outcome::gone_down(e, &results))?
            }
        };
        Ok(tell(&outcome))
    }

    fn into_test(self, results: PathBuf) -> BoardTest {
        let options = self.ssh_options.split_whitespace().map(Into::into);
        BoardTest {
            address: Address {
                target: self.target,
                port: self.port,
                options: options.collect(),
            },
            rigs: self.rig.iter().map(|rig| rigs::find(rig)).collect(),
            modules: self.modules,
            kernel_dir: self.kernel_dir,
            programs: self.programs,
            arguments: self.arguments,
            time_limit: self.time_limit,
            results,
        }
    }
}

fn tell(outcome: &Outcome) -> ExitCode {
    for file in outcome.files() {
        println!("{}", file.display());
    }
    match &outcome.failure {
        None => ExitCode::SUCCESS,
        Some(why) => {
            eprintln!("irqlink-lab: {why}");
            ExitCode::FAILURE
        }
    }
}

/// A host's name, or its address, as a folder.
fn file_name(host: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    host.replace(|c| !is_plain(c), "_")
}
