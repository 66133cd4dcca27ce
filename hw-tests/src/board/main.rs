//! What the lab starts on a board that it reaches by ssh: loads modules, runs a command, unloads what
//! it has loaded, whatever happens; and keeps what the kernel logged meanwhile.
//!
//! The lab holds its standard input open. When that ends, as on Ctrl-C or if the connection is lost,
//! the command is stopped.

mod command;
mod modules;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use irqlink_hw_tests::kernel_log::KernelLog;
use irqlink_hw_tests::remote;

use command::Command;
use modules::Loaded;

/// Load modules, run a command, unload the modules.
///
/// Exit status: that of the command; 123 if it was broken off, or the modules cannot be unloaded; 124 if it
/// took too long; 125 if it could not be tried.
#[derive(Parser)]
struct Options {
    /// Folder of the modules
    #[arg(long)]
    modules: PathBuf,
    /// Where to keep what the kernel logs
    #[arg(long)]
    kernel_log: PathBuf,
    /// Stop the command after that many seconds
    #[arg(long)]
    time_limit: u64,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Why there is no exit status of the command.
struct Failure {
    /// That of this program.
    status: u8,
    why: String,
}

/// Before the command was begun.
impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure {
            status: remote::FAILED,
            why,
        }
    }
}

/// After that.
fn broken_off(why: String) -> Failure {
    Failure {
        status: remote::BROKEN_OFF,
        why,
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(code) => ExitCode::from(code),
        Err(Failure { status, why }) => {
            eprintln!("irqlink-board: {why}");
            ExitCode::from(status)
        }
    }
}

fn run(options: &Options) -> Result<u8, Failure> {
    let mut log = Log::open(&options.kernel_log)
        .map_err(|e| format!("cannot keep the kernel's log: {e}; only root can read it"))?;
    let result = test(options, &mut log);
    let logged = log.catch_up();
    let code = result?;
    logged.map_err(|e| broken_off(format!("cannot keep the kernel's log: {e}")))?;
    Ok(code)
}

fn test(options: &Options, log: &mut Log) -> Result<u8, Failure> {
    let modules = Loaded::load(&options.modules)?;
    let command = Command::start(&options.command)?;
    let code = command.wait(Duration::from_secs(options.time_limit), &mut || {
        // What cannot be kept now is asked for again at the end.
        let _ = log.catch_up();
    });
    match (code, modules.unload()) {
        (Ok(code), Ok(())) => Ok(code),
        (Err(why), Ok(())) | (Ok(_), Err(why)) => Err(broken_off(why)),
        (Err(why), Err(also)) => Err(broken_off(format!("{why}, and {also}"))),
    }
}

/// The kernel's log from now on, and its file, which is kept up to date in case the board dies.
struct Log {
    log: KernelLog,
    file: File,
}

impl Log {
    fn open(path: &Path) -> io::Result<Log> {
        Ok(Log {
            log: KernelLog::from_now()?,
            file: File::create(path)?,
        })
    }

    fn catch_up(&mut self) -> io::Result<()> {
        self.file.write_all(&self.log.read()?)
    }
}
