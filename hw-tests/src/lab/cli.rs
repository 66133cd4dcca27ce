//! The command line.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use irqlink_hw_tests::job::Step;

use crate::binding;
use crate::board::BoardTestArgs;
use crate::demo;
use crate::emulator;
use crate::error::Result;
use crate::findings;
use crate::gate;
use crate::guest_programs;
use crate::kernel::{Flavour, Kernel};
use crate::linux_source;
use crate::module;
use crate::progress::Progress;
use crate::python;
use crate::run::RunArgs;
use crate::ssh_server;
use crate::test;

/// The lab: boots a virtual board with real interrupts, and runs irqlink and its tests on it.
///
/// Exit status: 0 if all went well, 1 if not; `run` gives that of the command, `board-test` has its
/// own.
#[derive(Parser)]
#[command(name = "irqlink-lab", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch or build what the cache lacks: kernels with their headers, and the tools that tests use.
    Setup {
        /// Only this kernel, and no tools. Prints where it is.
        #[arg(short, long, value_enum)]
        kernel: Option<Flavour>,
    },
    /// Build the modules and the guest's programs.
    Build(KernelArg),
    /// Boot the board and run one command in it.
    Run(Box<RunArgs>),
    /// Show interrupts arriving, and compare the ways to deliver them.
    Demo,
    /// Test a board that is reached by ssh.
    BoardTest(Box<BoardTestArgs>),
    /// Hold the path lengths to those that are committed.
    BenchGate {
        /// Write what was measured as what is to be held
        #[arg(long)]
        update: bool,
    },
    /// Measure the tables of docs/findings.md anew.
    Findings,
    /// Run every test: on the host, of the modules' builds, and in the guest.
    Test {
        /// Only the steps whose line contains one of these, such as `guest` or `debug`
        #[arg(value_name = "WORDS")]
        only: Vec<String>,
    },
}

/// Which kernel.
#[derive(Args)]
pub struct KernelArg {
    /// Kernel to boot and to build for.
    #[arg(short, long, value_enum, default_value = "stock-6.12")]
    pub kernel: Flavour,
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> Result<ExitCode> {
        let progress = Progress::new();
        match self.command {
            Command::Setup {
                kernel: Some(flavour),
            } => {
                let kernel = Kernel::find(flavour, progress)?;
                println!("KERNEL_IMAGE={}", kernel.image.display());
                println!("KERNEL_DIR={}", kernel.headers.display());
            }
            Command::Setup { kernel: None } => fetch_all(progress)?,
            Command::Build(arg) => {
                let kernel = Kernel::find(arg.kernel, progress)?;
                let modules = module::build(&kernel, progress)?;
                modules
                    .warnings()
                    .iter()
                    .for_each(|line| eprintln!("{line}"));
                guest_programs::build(&[Step::run(["irqlink"])], progress)?;
            }
            Command::Run(args) => return args.run(progress),
            Command::BoardTest(args) => return Ok(args.run(progress)),
            Command::BenchGate { update } => gate::run(update, progress)?,
            Command::Findings => findings::run(progress)?,
            Command::Demo => demo::run(progress)?,
            Command::Test { only } => {
                return Ok(if test::run(&only, progress) {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::FAILURE
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Everything that the cache can hold.
pub fn fetch_all(progress: Progress) -> Result<()> {
    for &flavour in Flavour::tested() {
        Kernel::find(flavour, progress)?;
    }
    emulator::find(progress)?;
    ssh_server::find(progress)?;
    linux_source::find(progress)?;
    python::find(progress)?;
    binding::fetch_tools(progress)
}
