//! One run of the virtual board: boots it, listens to the job, judges what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::Job;

use crate::cache;
use crate::console;
use crate::error::{Context, Error, Result};
use crate::initramfs::{self, Contents};
use crate::listener::{Listener, Stop};
use crate::lock::{self, Lock};
use crate::qemu::{Board, Qemu};
use crate::relay;

/// How long a guest may take to power off after its job.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(20);
/// Log of the guest's console.
pub const CONSOLE: &str = "console.log";
/// Lines of the console's end that an error shows.
const CONSOLE_LINES: usize = 12;

/// A run.
pub struct Run<'a> {
    /// The board.
    pub board: &'a Board,
    /// What the guest finds.
    pub contents: &'a Contents,
    /// What the guest does.
    pub job: &'a Job,
    /// Folder for logs and collected files; emptied first.
    pub logs: &'a Path,
    /// How long the boot and the job may take.
    pub limits: Limits,
}

/// How long a guest may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the start until init answers.
    pub boot: Duration,
    /// From there to the end of the job.
    pub job: Duration,
}

impl Limits {
    /// For a job of this length, with the usual time to boot.
    pub fn of(job: Duration) -> Limits {
        Limits {
            boot: Duration::from_secs(120),
            job,
        }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Exit status of each step that ended, by its number in the job.
    pub statuses: BTreeMap<u16, ExitStatus>,
    /// Why the job failed in the guest, if it did.
    pub failure: Option<String>,
    /// What the kernel complained about.
    pub complaints: Vec<String>,
    /// Where the logs are.
    pub logs: PathBuf,
}

impl Outcome {
    /// An error if the kernel complained or the job failed.
    pub fn check(&self) -> Result<()> {
        let logs = self.logs.clone();
        if !self.complaints.is_empty() {
            let failure = self
                .failure
                .as_ref()
                .map(|why| format!("\nand {why}"))
                .unwrap_or_default();
            return Err(Error::KernelLog {
                lines: self.complaints.join("\n") + &failure,
                logs,
            });
        }
        match &self.failure {
            Some(why) => Err(Error::Job {
                why: why.clone(),
                logs,
            }),
            None => Ok(()),
        }
    }
}

impl Run<'_> {
    /// Boots and waits for the end. `output` gets what the steps print, as it comes: number of the
    /// step, [`Kind::Stdout`] or [`Kind::Stderr`], bytes.
    ///
    /// # Errors
    /// Where QEMU does not run, or the guest does not come up, hangs or dies. A step that fails and a
    /// kernel that complains are in the [`Outcome`].
    pub fn go(&self, output: &mut dyn FnMut(u16, Kind, &[u8])) -> Result<Outcome> {
        let _lock = self.take_logs()?;
        let initramfs = self.logs.join("initramfs.cpio");
        initramfs::write(&initramfs, self.contents, self.job)?;
        let (mut qemu, mut listener, mut stop) = self.boot(&initramfs, output)?;
        if let Stop::Up = stop {
            stop = listener.listen_until(Instant::now() + self.limits.job, output);
        }
        let ended = match stop {
            Stop::End => self.power_off(&mut qemu),
            other => Err(self.explain(other, &listener, &mut qemu)),
        };
        qemu.kill();
        ended?;
        // As large as all programs together, and made again by each run.
        fs::remove_file(&initramfs).context(|| format!("cannot remove {}", initramfs.display()))?;
        let logs = self.log(CONSOLE) + &self.log("kernel.log");
        Ok(Outcome {
            statuses: listener.statuses,
            failure: listener.failure,
            complaints: console::complaints(&logs)
                .into_iter()
                .map(String::from)
                .collect(),
            logs: self.logs.into(),
        })
    }

    /// Starts the board and waits until the guest is up, or will not be.
    fn boot(
        &self,
        initramfs: &Path,
        output: &mut dyn FnMut(u16, Kind, &[u8]),
    ) -> Result<(Qemu, Listener, Stop)> {
        let (console, said) = (self.logs.join(CONSOLE), self.logs.join("qemu.log"));
        let qemu = Qemu::start(self.board, initramfs, &console, &said)?;
        relay::start(&qemu)?;
        let mut listener = Listener::new(&qemu.result, self.logs)?;
        let stop = listener.listen_until(Instant::now() + self.limits.boot, output);
        Ok((qemu, listener, stop))
    }

    /// Empties the folder of logs and keeps other labs out of it.
    fn take_logs(&self) -> Result<Lock> {
        let lock = lock::wait(self.logs)?;
        let what = || format!("cannot empty {}", self.logs.display());
        for entry in fs::read_dir(self.logs).context(what)? {
            let entry = entry.context(what)?;
            if entry.file_name() != lock::NAME {
                cache::remove(&entry.path())?;
            }
        }
        Ok(lock)
    }

    fn log(&self, name: &str) -> String {
        // One that is not there says nothing.
        let bytes = fs::read(self.logs.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn power_off(&self, qemu: &mut Qemu) -> Result<()> {
        match wait(qemu, POWER_OFF_LIMIT) {
            Some(_) => Ok(()),
            None => Err(self.hang("power off", POWER_OFF_LIMIT)),
        }
    }

    fn hang(&self, step: &str, limit: Duration) -> Error {
        Error::Hang {
            step: step.into(),
            limit,
            console: self.console(),
            logs: self.logs.into(),
        }
    }

    /// What the kernel complained about, and the end of what it said.
    fn console(&self) -> String {
        let log = self.log(CONSOLE);
        let complaints = console::complaints(&log);
        let complaints = complaints
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        complaints + "...\n" + &console::tail(&log, CONSOLE_LINES)
    }

    /// Why the guest did not come to its end.
    fn explain(&self, stop: Stop, listener: &Listener, qemu: &mut Qemu) -> Error {
        let logs = self.logs.to_path_buf();
        let step = listener
            .step
            .and_then(|n| self.job.steps.get(usize::from(n)));
        let step = step.map_or("start of the job".to_string(), |step| step.argv.join(" "));
        match stop {
            Stop::Up | Stop::End => unreachable!("is no failure"),
            Stop::Error(error) => error,
            Stop::Limit if !listener.is_up => {
                let image = self.board.image.clone();
                Error::NoBoot {
                    image,
                    limit: self.limits.boot,
                    console: self.console(),
                    logs,
                }
            }
            Stop::Limit => self.hang(&step, self.limits.job),
            Stop::Closed => match (wait(qemu, POWER_OFF_LIMIT), self.log("qemu.log")) {
                (Some(status), output) if !listener.is_up && !output.is_empty() => {
                    Error::Qemu { status, output }
                }
                _ => Error::Died {
                    step,
                    console: self.console(),
                    logs,
                },
            },
        }
    }
}

/// Waits for QEMU to end by itself.
fn wait(qemu: &mut Qemu, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        match qemu.process.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Ok(Some(status)) => return Some(status),
            Err(_) => return None,
        }
    }
    None
}
