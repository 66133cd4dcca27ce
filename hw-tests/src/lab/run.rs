//! `irqlink-lab run`: one command on the board, for development.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::{Job, Step};

use crate::accel;
use crate::cli::KernelArg;
use crate::device_tree;
use crate::error::{Error, Result};
use crate::guest;
use crate::kernel::Kernel;
use crate::module;
use crate::paths;
use crate::progress::Progress;
use crate::qemu::{Accel, Board};
use crate::vm::{Limits, Run};

/// What to run, and how.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    kernel: KernelArg,
    /// Count instructions: the guest's clock then runs 1 ns per instruction. One CPU.
    #[arg(long)]
    path_length: bool,
    /// Number of edu devices.
    #[arg(long, default_value_t = 1)]
    edu: u8,
    /// Number of vectors of an ivshmem-doorbell device, which tests ring from outside; 0 for none.
    #[arg(long, default_value_t = 0, value_name = "VECTORS", value_parser = clap::value_parser!(u16).range(..=64))]
    ivshmem: u16,
    /// Load no modules.
    #[arg(long)]
    no_modules: bool,
    /// Parameters for a module, as in irqlink=log_records=64 (again for another one).
    #[arg(long, value_name = "MODULE=PARAMS")]
    params: Vec<String>,
    /// A command to leave running in the background (again for another one).
    #[arg(long, value_name = "COMMAND")]
    background: Vec<String>,
    /// Start the next command only once the background one has printed this.
    #[arg(long, value_name = "TEXT")]
    ready: Option<String>,
    /// Put a file of the host into the guest (again for another one).
    #[arg(long, value_name = "HOST:GUEST")]
    file: Vec<String>,
    /// Bring a file of the guest to the folder of logs at the end (again for another one).
    #[arg(long, value_name = "GUEST")]
    collect: Vec<String>,
    /// Environment (again for another one).
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Stop the board if it is not up after this time.
    #[arg(long, default_value = "120s", value_parser = humantime::parse_duration)]
    boot_limit: Duration,
    /// Stop the board if the command still runs after this time.
    #[arg(long, default_value = "120s", value_parser = humantime::parse_duration)]
    time_limit: Duration,
    /// Name of the folder of logs, under target/lab.
    #[arg(long, default_value = "run")]
    name: String,
    /// The command; a name without a slash is one of the guest's programs.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl RunArgs {
    /// Runs it; gives the exit status of the command.
    pub fn run(self, progress: Progress) -> Result<ExitCode> {
        let kernel = Kernel::find(self.kernel.kernel, progress)?;
        let job = self.job()?;
        let mut contents = guest::contents(&kernel, &job, progress)?;
        for file in &self.file {
            let (host, guest) = pair(file, ':', "--file")?;
            contents.files.push((host.into(), guest));
        }
        let accel = if self.path_length {
            Accel::PathLength
        } else {
            accel::fastest(&kernel, &contents.init, progress)?
        };
        let board = Board {
            image: device_tree::image(&kernel)?,
            accel,
            edu: self.edu,
            ivshmem: self.ivshmem,
            ssh_port: None,
        };
        let logs = paths::lab().join(&self.name);
        let run = Run {
            board: &board,
            contents: &contents,
            job: &job,
            logs: &logs,
            limits: Limits {
                boot: self.boot_limit,
                job: self.time_limit,
            },
        };
        let outcome = run.go(&mut show)?;
        let command = job.steps.len() - 1;
        let status = outcome
            .statuses
            .get(&(command as u16))
            .and_then(|status| status.code());
        match (outcome.check(), status) {
            // The command has said itself why it failed.
            (Err(Error::Job { .. }), Some(code @ 1..)) => Ok(ExitCode::from(code as u8)),
            (Err(e), _) => Err(e),
            (Ok(()), _) => Ok(ExitCode::SUCCESS),
        }
    }

    fn job(&self) -> Result<Job> {
        let mut modules = if self.no_modules {
            Vec::new()
        } else {
            module::all()
        };
        for param in &self.params {
            let (name, params) = pair(param, '=', "--params")?;
            let module = modules.iter_mut().find(|module| module.name == name);
            module
                .ok_or_else(|| {
                    Error::Other(format!("--params {param}: no module {name} is loaded"))
                })?
                .params = params;
        }
        let background = self
            .background
            .iter()
            .map(|line| Step::background(line.split_whitespace(), self.ready.as_deref()));
        let env = self
            .env
            .iter()
            .map(|env| pair(env, '=', "--env"))
            .collect::<Result<_>>()?;
        Ok(Job {
            modules,
            env,
            steps: background.chain([Step::run(&self.command)]).collect(),
            collect: self.collect.clone(),
        })
    }
}

/// Cuts `text` at the first `separator`.
fn pair(text: &str, separator: char, option: &str) -> Result<(String, String)> {
    let cut = text
        .split_once(separator)
        .map(|(a, b)| (a.to_string(), b.to_string()));
    cut.ok_or_else(|| Error::Other(format!("{option} {text}: there is no '{separator}' in it")))
}

/// Shows the guest's output as its own.
fn show(_step: u16, kind: Kind, bytes: &[u8]) {
    // A reader that went away, as in a pipe to head, is no reason to stop the board.
    let _ = match kind {
        Kind::Stderr => stderr().write_all(bytes),
        _ => stdout().write_all(bytes).and_then(|()| stdout().flush()),
    };
}
