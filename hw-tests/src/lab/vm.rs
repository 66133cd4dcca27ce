//! One run of the virtual board: boots it, listens to the job, judges what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::Job;

use crate::console;
use crate::error::{Context, Error, Result};
use crate::initramfs::{self, Contents};
use crate::listener::{Listener, Stop};
use crate::qemu::{Board, Qemu};
use crate::relay;

/// How long a kernel may take to start the guest.
const BOOT_LIMIT: Duration = Duration::from_secs(60);
/// How long a guest may take to power off after its job.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(20);
/// Lines of the console that an error shows.
const CONSOLE_LINES: usize = 20;

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
    /// How long everything may take.
    pub limit: Duration,
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
        self.make_logs()?;
        let initramfs = self.logs.join("initramfs.cpio");
        initramfs::write(&initramfs, self.contents, self.job)?;
        let began = Instant::now();
        let mut qemu = Qemu::start(
            self.board,
            &initramfs,
            &self.logs.join("console.log"),
            &self.logs.join("qemu.log"),
        )?;
        relay::start(&qemu)?;
        let mut listener = Listener::new(&qemu.result, self.logs)?;
        let limit = |is_up: bool| {
            began
                + if is_up {
                    self.limit
                } else {
                    BOOT_LIMIT.min(self.limit)
                }
        };
        let stop = listener.listen(limit, output);
        let ended = match stop {
            Stop::End => self.power_off(&mut qemu),
            other => Err(self.explain(other, &listener, &mut qemu)),
        };
        qemu.kill();
        ended?;
        // As large as all programs together, and made again by each run.
        fs::remove_file(&initramfs).context(|| format!("cannot remove {}", initramfs.display()))?;
        let logs = self.log("console.log") + &self.log("kernel.log");
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

    fn make_logs(&self) -> Result<()> {
        let what = || format!("cannot make {}", self.logs.display());
        if self.logs.exists() {
            fs::remove_dir_all(self.logs).context(what)?;
        }
        fs::create_dir_all(self.logs).context(what)
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

    fn console(&self) -> String {
        console::tail(&self.log("console.log"), CONSOLE_LINES)
    }

    /// Why the guest did not come to its end.
    fn explain(&self, stop: Stop, listener: &Listener, qemu: &mut Qemu) -> Error {
        let logs = self.logs.to_path_buf();
        let step = listener
            .step
            .and_then(|n| self.job.steps.get(usize::from(n)));
        let step = step.map_or("start of the job".to_string(), |step| step.argv.join(" "));
        match stop {
            Stop::End => unreachable!("is no failure"),
            Stop::Error(error) => error,
            Stop::Limit if !listener.is_up => {
                let limit = BOOT_LIMIT.min(self.limit);
                Error::NoBoot {
                    image: self.board.image.clone(),
                    limit,
                    console: self.console(),
                    logs,
                }
            }
            Stop::Limit => self.hang(&step, self.limit),
            Stop::Closed => match (wait(qemu, Duration::from_secs(2)), self.log("qemu.log")) {
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
