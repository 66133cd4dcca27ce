//! A login on a board. One connection serves all (ssh_config(5): ControlMaster).

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::error::{BoardError, of_ssh};
use super::stop;
use crate::command;
use crate::error::{Context, Result};

/// Exit status of ssh itself (ssh(1)).
const SSH_FAILED: i32 = 255;
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

    /// Runs a command of the board's shell; gives its output.
    pub fn output(&self, script: &str) -> Result<String> {
        let mut ssh = self.command(script);
        let output = command::output(&mut ssh)?;
        self.check(script, output)
    }

    /// Sends the contents of a folder into one of the board.
    pub fn send(&self, from: &Path, to: &str) -> Result<()> {
        let tar = tar(&["-c", "-C"], from, &["."])
            .stdout(Stdio::piped())
            .spawn();
        let mut tar = tar.context(|| "cannot start tar")?;
        let pipe = tar.stdout.take().expect("is piped");
        let mut ssh = self.command(&format!("tar -x -C {to}"));
        let output = ssh.stdin(pipe).output();
        let output = output.map_err(|e| command::cannot_start(&ssh, e))?;
        // If it is cut off, the board has said why.
        tar.wait().context(|| "cannot wait for tar")?;
        self.check("unpacking", output).map(drop)
    }

    /// Fetches the contents of a folder of the board into one of this host.
    pub fn fetch(&self, from: &str, to: &Path) -> Result<()> {
        let mut ssh = self.command(&format!("tar -c -C {from} ."));
        let ssh = ssh.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = ssh
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| command::cannot_start(ssh, e))?;
        let mut tar = tar(&["-x", "--no-same-owner", "-C"], to, &[]);
        let unpacked = tar.stdin(child.stdout.take().expect("is piped")).output();
        let unpacked = unpacked.context(|| "cannot start tar")?;
        let output = child.wait_with_output().context(|| "cannot wait for ssh")?;
        self.check("packing", output)?;
        match unpacked.status.success() {
            true => Ok(()),
            false => Err(command::failure("unpacking the results".into(), &unpacked)),
        }
    }

    /// Runs a command whose output is shown as it comes; gives its exit status. Ctrl-C ends its
    /// standard input, which stays open otherwise.
    pub fn follow(&self, script: &str, show: &mut dyn FnMut(&[u8])) -> Result<i32> {
        let mut ssh = self.command(&format!("{script} 2>&1"));
        let ssh = ssh.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = ssh
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| command::cannot_start(ssh, e))?;
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
        let output = child.wait_with_output().context(|| "cannot wait for ssh")?;
        match output.status.code() {
            Some(code) if code != SSH_FAILED => Ok(code),
            _ => self.check(script, output).map(|_| 0),
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
        let mut exit = self.ssh();
        exit.args(["-O", "exit"]).arg(&self.address.target);
        // There may be no connection any more; a forgotten one ends by itself after a minute.
        let _ = command::output(&mut exit);
    }
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
