//! A login on a board. One connection serves all (ssh_config(5): ControlMaster).

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::error::{BoardError, of_ssh};
use crate::command::{self, Deadline};
use crate::error::{Context, Result};
use crate::stop;

/// Exit status of ssh itself (ssh(1)).
const SSH_FAILED: i32 = 255;
/// How long a short command on the board may take: the board may be emulated.
const COMMAND_LIMIT: Duration = Duration::from_secs(2 * 60);
/// How long a folder's contents may be on their way.
const TRANSFER_LIMIT: Duration = Duration::from_secs(10 * 60);
/// How long a command on the board may take to end after it was hung up on.
const HANG_UP_LIMIT: Duration = Duration::from_secs(30);

/// Where a board is, and how to log in.
#[derive(Clone, Debug)]
pub struct Address {
    /// `user@host`, or a name of ~/.ssh/config.
    pub target: String,
    /// Its port, unless that is in ~/.ssh/config.
    pub port: Option<u16>,
    /// More options of ssh.
    pub options: Vec<String>,
}

/// A login.
pub struct Ssh {
    address: Address,
    /// Holds the socket of the connection.
    folder: TempDir,
}

impl Ssh {
    /// Logs in.
    pub fn connect(address: Address) -> Result<Ssh> {
        // A socket's path must be short: not below the clone.
        let folder = tempfile::tempdir().context(|| "cannot make a folder for ssh's socket")?;
        let ssh = Ssh { address, folder };
        ssh.output("true")?;
        Ok(ssh)
    }

    /// The board's name in messages.
    pub fn target(&self) -> &str {
        &self.address.target
    }

    /// Runs a short command of the board's shell; gives its output.
    pub fn output(&self, script: &str) -> Result<String> {
        self.output_within(script, COMMAND_LIMIT)
    }

    /// Runs a command that may take that long.
    pub fn output_within(&self, script: &str, limit: Duration) -> Result<String> {
        let mut ssh = self.command(script);
        let output = self.finish(ssh.stdin(Stdio::null()), script, limit)?;
        self.check(script, output)
    }

    /// Sends the contents of a folder into one of the board.
    pub fn send(&self, from: &Path, to: &str) -> Result<()> {
        let tar = tar(&["-c", "-C"], from, &["."])
            .stdout(Stdio::piped())
            .spawn();
        let mut tar = tar.context(|| "cannot start tar")?;
        let mut ssh = self.command(&format!("tar -x -C {to}"));
        ssh.stdin(tar.stdout.take().expect("is piped"));
        let output = self.finish(&mut ssh, "unpacking", TRANSFER_LIMIT);
        // Only without a reader does tar end, if the board has cut it off; the board has said why.
        drop(ssh);
        tar.wait().context(|| "cannot wait for tar")?;
        self.check("unpacking", output?).map(drop)
    }

    /// Fetches the contents of a folder of the board into one of this host. `root`: what gives
    /// root's rights there.
    pub fn fetch(&self, root: &str, from: &str, to: &Path) -> Result<()> {
        let mut ssh = self.command(&format!("{root}tar -c -C {from} ."));
        let mut child = start(ssh.stdin(Stdio::null()))?;
        let deadline = self.deadline(&child, TRANSFER_LIMIT);
        let mut tar = tar(&["-x", "--no-same-owner", "-C"], to, &[]);
        let unpacked = tar.stdin(child.stdout.take().expect("is piped")).output();
        // Only without a reader does ssh end, if tar has failed.
        drop(tar);
        let output = child.wait_with_output();
        self.in_time(deadline, "packing", TRANSFER_LIMIT)?;
        let unpacked = unpacked.context(|| "cannot start tar")?;
        self.check("packing", output.context(|| "cannot wait for ssh")?)?;
        match unpacked.status.success() {
            true => Ok(()),
            false => Err(command::failure("unpacking the results".into(), &unpacked)),
        }
    }

    /// Runs a command whose output is shown as it comes; gives its exit status. Ctrl-C ends its
    /// standard input, which stays open otherwise. What takes longer than `limit` hangs.
    pub fn follow(
        &self,
        script: &str,
        limit: Duration,
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<i32> {
        let mut ssh = self.command(&format!("{script} 2>&1"));
        let mut child = start(ssh.stdin(Stdio::piped()))?;
        let deadline = self.deadline(&child, limit);
        let output = reader(child.stdout.take().expect("is piped"));
        let mut stdin = child.stdin.take();
        let mut hung_up = None;
        loop {
            match output.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => show(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if stop::requested() && stdin.take().is_some() {
                hung_up = Some(Instant::now());
            }
            if hung_up.is_some_and(|since: Instant| since.elapsed() > HANG_UP_LIMIT) {
                // It may have ended this moment.
                let _ = child.kill();
            }
        }
        drop(stdin);
        let output = child.wait_with_output();
        self.in_time(deadline, "the tests", limit)?;
        let output = output.context(|| "cannot wait for ssh")?;
        match output.status.code() {
            Some(code) if code != SSH_FAILED => Ok(code),
            _ => self.check(script, output).map(|_| 0),
        }
    }

    /// Runs ssh to its end, whatever its exit status.
    fn finish(&self, ssh: &mut Command, what: &str, limit: Duration) -> Result<Output> {
        let child = start(ssh)?;
        let deadline = self.deadline(&child, limit);
        let output = child.wait_with_output();
        self.in_time(deadline, what, limit)?;
        output.context(|| "cannot wait for ssh")
    }

    /// Kills ssh when its time is over, and ends the connection, which has ssh's outputs as well.
    fn deadline(&self, child: &Child, limit: Duration) -> Deadline {
        let mut exit = self.exit();
        Deadline::of(child, limit, move || {
            // There may be no connection any more.
            let _ = exit.output();
        })
    }

    /// Ends the connection; the next command makes a new one.
    fn exit(&self) -> Command {
        let mut exit = self.ssh();
        exit.args(["-O", "exit"])
            .arg(&self.address.target)
            .stdin(Stdio::null());
        exit
    }

    /// Fails if ssh had to be killed, as the board did not come to an end with `what`.
    fn in_time(&self, deadline: Deadline, what: &str, limit: Duration) -> Result<()> {
        match deadline.end() {
            false => Ok(()),
            true => Err(BoardError::Hung {
                target: self.target().into(),
                what: what.into(),
                limit,
            }
            .into()),
        }
    }

    /// The output of a command that succeeded.
    fn check(&self, what: &str, output: Output) -> Result<String> {
        let stderr = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(SSH_FAILED) => Err(of_ssh(self.target(), &stderr).into()),
            _ => Err(BoardError::Command {
                target: self.target().into(),
                what: what.into(),
                status: output.status,
                said: command::text(&output).trim().into(),
            }
            .into()),
        }
    }

    /// ssh with all options. A process group of its own, so that Ctrl-C is the lab's to handle.
    fn command(&self, script: &str) -> Command {
        let mut ssh = self.ssh();
        ssh.arg("-T").arg(&self.address.target).arg(script);
        ssh
    }

    fn ssh(&self) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.process_group(0).env("LC_ALL", "C");
        let socket = self.folder.path().join("s");
        for option in [
            "BatchMode=yes",
            "ConnectTimeout=10",
            "ServerAliveInterval=5",
            "ServerAliveCountMax=6",
            "ControlMaster=auto",
            "ControlPersist=60",
            &format!("ControlPath={}", socket.display()),
        ] {
            ssh.args(["-o", option]);
        }
        if let Some(port) = self.address.port {
            ssh.args(["-p", &port.to_string()]);
        }
        ssh.args(&self.address.options);
        ssh
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        // There may be no connection any more; a forgotten one ends by itself after a minute.
        let _ = self.finish(&mut self.exit(), "the end", COMMAND_LIMIT);
    }
}

/// Starts ssh, whose outputs are read.
fn start(ssh: &mut Command) -> Result<Child> {
    let ssh = ssh.stdout(Stdio::piped()).stderr(Stdio::piped());
    ssh.spawn().map_err(|e| command::cannot_start(ssh, e))
}

fn tar(options: &[&str], folder: &Path, rest: &[&str]) -> Command {
    let mut tar = Command::new("tar");
    tar.args(options).arg(folder).args(rest);
    tar.stdin(Stdio::null()).stderr(Stdio::piped());
    tar.process_group(0);
    tar
}

/// Hands on what comes, until the end.
fn reader(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut chunk) {
            if tell.send(chunk[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    told
}

/// A word for a POSIX shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_shell_takes_a_word_as_it_is(word in "[^\0\r\n]{0,20}") {
            let mut sh = Command::new("sh");
            let output = sh.args(["-c", &format!("printf %s {}", quoted(&word))]).output().unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
