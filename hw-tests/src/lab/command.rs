//! Runs other programs.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::error::{Error, Result};
use crate::paths;
use crate::stop::Group;

/// How long another program may take: a build of everything from nothing takes minutes.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// What `command` is called in messages: the program and its first argument.
fn name(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args().take(1));
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The error of a program that could not be started.
pub fn cannot_start(command: &Command, error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::MissingProgram {
            program: command.get_program().to_string_lossy().into_owned(),
        },
        _ => Error::io(format!("cannot start {}", name(command)), error),
    }
}

/// A call of cargo on the clone.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(paths::root());
    cargo
}

/// A call of make in `dir`, with nothing of what make itself was called with, as in `make test`.
pub fn make(dir: &Path) -> Command {
    let mut make = Command::new("make");
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        make.env_remove(name);
    }
    make.arg("-C").arg(dir).env("LC_ALL", "C");
    make
}

/// Runs to the end, whatever the exit status; both outputs are kept. What takes longer than
/// [`LIMIT`] hangs and is killed, with all that it has started; so it is by Ctrl-C.
pub fn output(command: &mut Command) -> Result<Output> {
    wait(command, LIMIT, Child::wait_with_output)
}

/// Runs to the end, handing on each line of the standard output as it comes.
///
/// # Errors
/// As [`stdout`], with the errors' output only.
pub fn follow(command: &mut Command, limit: Duration, hear: &mut dyn FnMut(&str)) -> Result<()> {
    let output = wait(command, limit, |mut child| {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            // What could be read is better than nothing.
            let _ = stderr.map(|mut pipe| pipe.read_to_end(&mut text));
            text
        });
        for line in stdout
            .into_iter()
            .flat_map(|pipe| BufReader::new(pipe).split(b'\n'))
        {
            hear(&String::from_utf8_lossy(&line?));
        }
        let stderr = errors.join().unwrap_or_default();
        let status = child.wait()?;
        Ok(Output {
            status,
            stdout: Vec::new(),
            stderr,
        })
    })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failure(name(command), &output)),
    }
}

/// Starts, lets `listen` do so until the end, and kills what takes longer than `limit`.
fn wait(
    command: &mut Command,
    limit: Duration,
    listen: impl FnOnce(Child) -> io::Result<Output>,
) -> Result<Output> {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (child, _group) = Group::start(command).map_err(|e| cannot_start(command, e))?;
    let deadline = Deadline::of(&child, limit, || {});
    let output = listen(child);
    let is_over = deadline.end();
    let output = output.map_err(|e| Error::io(format!("cannot listen to {}", name(command)), e))?;
    match is_over {
        false => Ok(output),
        true => Err(Error::TooLong {
            what: name(command),
            limit,
            output: text(&output).trim_end().into(),
        }),
    }
}

/// Kills the process group of a child when its time is over.
pub struct Deadline {
    done: Sender<()>,
    guard: JoinHandle<bool>,
}

impl Deadline {
    /// For a child that leads a group, from now on; `also` ends what else has its outputs.
    pub fn of(child: &Child, limit: Duration, also: impl FnOnce() + Send + 'static) -> Deadline {
        let group = Pid::from_raw(child.id() as i32);
        let (done, is_done) = channel();
        let guard = thread::spawn(move || {
            let is_over = is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if is_over {
                // Those who ended this moment need not be killed.
                let _ = killpg(group, Signal::SIGKILL);
                also();
            }
            is_over
        });
        Deadline { done, guard }
    }

    /// As the child has ended; says whether it had to be killed.
    pub fn end(self) -> bool {
        drop(self.done);
        // It does not panic.
        self.guard.join().unwrap_or(false)
    }
}

/// Runs to the end and gives the standard output.
///
/// # Errors
/// [`Error::DiskFull`] where the program says so, else [`Error::Command`] with all of its output.
pub fn stdout(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failure(name(command), &output)),
    }
}

/// How programs say that the disk is full; the last is tar's, when a write stops half-way.
const DISK_FULL: [&str; 3] = [
    "No space left on device",
    "Disk quota exceeded",
    "Wrote only ",
];

/// The error of a program that ended badly.
pub fn failure(what: String, output: &Output) -> Error {
    let text = text(output);
    match DISK_FULL.iter().any(|words| text.contains(words)) {
        true => Error::DiskFull {
            what: format!("{what}: {}", text.trim_end()),
        },
        false => Error::Command {
            what,
            status: output.status,
            output: text.trim_end().to_string(),
        },
    }
}

/// Both outputs, the errors first.
pub fn text(output: &Output) -> String {
    [&output.stderr[..], &output.stdout[..]]
        .map(String::from_utf8_lossy)
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that leaves another one with its output, and ends or goes on itself.
    fn leaves_another(then: &str) -> Command {
        let mut sh = Command::new("sh");
        sh.args(["-c", &format!("sleep 1000 & {then}")]);
        sh
    }

    #[test]
    fn what_a_program_has_started_is_killed_with_it() {
        for then in ["wait", "true"] {
            let ended = wait(
                &mut leaves_another(then),
                Duration::from_millis(100),
                Child::wait_with_output,
            );
            let error = ended.unwrap_err().to_string();
            assert!(error.contains("sh -c"), "{error}");
        }
    }

    #[test]
    fn what_ends_in_time_is_heard_to_the_end() {
        let output = output(Command::new("sh").args(["-c", "echo a; echo b >&2; exit 3"])).unwrap();
        assert_eq!(
            (output.status.code(), text(&output).as_str()),
            (Some(3), "b\na\n")
        );
    }
}
