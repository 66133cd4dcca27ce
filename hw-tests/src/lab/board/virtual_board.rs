//! The lab's virtual board with a network card and an ssh server, reached as if it were a real one.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use irqlink_hw_tests::job::{Job, Step};

use super::ssh::{Address, Ssh};
use crate::accel;
use crate::error::{Context, Error, Result};
use crate::guest_programs;
use crate::initramfs::Contents;
use crate::kernel::{Flavour, Kernel};
use crate::module;
use crate::paths;
use crate::progress::Progress;
use crate::qemu::Board;
use crate::ssh_server::{self, Keys};
use crate::vm::{Limits, Run};

/// What makes the server in the guest run, until somebody makes [`OFF`].
const SERVE: &str = "/usr/sbin/dropbear -F -E -s -r /etc/dropbear/key & server=$!; \
    until [ -e /tmp/off ]; do kill -0 $server || exit; sleep 0.2; done; kill $server; wait";
/// What the server says when it listens.
const READY: &str = "Not backgrounding";
/// The board is through with its job.
const OFF: &str = "touch /tmp/off";
/// Root, without a password.
const USERS: &str = "root:*:0:0:root:/root:/bin/sh\n";

/// The board, not yet started.
pub struct VirtualBoard {
    kernel: Kernel,
    /// How long it may be up.
    limit: Duration,
}

impl VirtualBoard {
    /// With that kernel, which must have a network built in; it is up at most that long.
    pub fn new(flavour: Flavour, limit: Duration, progress: Progress) -> Result<VirtualBoard> {
        Ok(VirtualBoard {
            kernel: Kernel::find(flavour, progress)?,
            limit,
        })
    }

    /// The folder of the modules for its kernel: it has no compiler.
    pub fn modules(&self, progress: Progress) -> Result<PathBuf> {
        let modules = module::build(&self.kernel, progress)?;
        let folder = modules.files.first().and_then(|file| file.parent());
        folder
            .map(Into::into)
            .ok_or_else(|| Error::Other("the build made no modules".into()))
    }

    /// Boots, and has `work` done with its address while it is up. The lab's logs of the board are
    /// those of a run called `ssh`.
    pub fn with<T>(
        &self,
        progress: Progress,
        work: impl FnOnce(Address) -> Result<T>,
    ) -> Result<T> {
        let server = ssh_server::find(progress)?;
        let keys = Keys::make(&server)?;
        let users = tempfile::NamedTempFile::new().context(|| "cannot make a file")?;
        std::fs::write(users.path(), USERS).context(|| "cannot write a file")?;
        let port = free_port()?;
        // What it will be sent is built here as well, before its time runs.
        let sent = Step::run([guest_programs::ON_BOARD[0]]);
        let (init, _) = guest_programs::build(&[sent], progress)?;
        let contents = Contents {
            init,
            files: vec![
                (server.join(ssh_server::SHELL), "/bin/sh".into()),
                (users.path().into(), "/etc/passwd".into()),
                (keys.host(), "/etc/dropbear/key".into()),
                (keys.authorized(), "/root/.ssh/authorized_keys".into()),
            ],
            trees: vec![(server.clone(), "/".into())],
            ..Contents::default()
        };
        let job = Job {
            steps: vec![Step::run(["/bin/sh", "-c", SERVE])],
            ..Job::default()
        };
        let board = Board {
            image: self.kernel.image.clone(),
            accel: accel::fastest(&self.kernel, &contents.init, progress)?,
            edu: 1,
            ivshmem: 8,
            ssh_port: Some(port),
        };
        let logs = paths::lab().join("ssh");
        let run = Run {
            board: &board,
            contents: &contents,
            job: &job,
            logs: &logs,
            limits: Limits::of(self.limit),
        };
        let address = Address {
            target: "root@127.0.0.1".into(),
            port: Some(port),
            options: keys.options(port)?,
        };
        let (tell, told) = channel();
        thread::scope(|scope| {
            let guest = scope.spawn(|| {
                let mut heard = Vec::new();
                let outcome = run.go(&mut |_, _, bytes| hear(&mut heard, bytes, &tell));
                drop(tell);
                outcome?.check()
            });
            let worked = match progress.step("boot a board", || told.recv()) {
                Ok(()) => {
                    let worked = work(address.clone());
                    switch_off(address);
                    Some(worked)
                }
                Err(_) => None,
            };
            let ran = guest.join().expect("the guest's thread does not panic");
            match worked {
                // A board that has died says more than the connection to it.
                Some(Err(e)) => ran.and(Err(e)),
                Some(Ok(value)) => ran.map(|()| value),
                None => ran.and(Err(Error::Other(
                    "the board's ssh server did not start".into(),
                ))),
            }
        })
    }
}

/// Tells once when the server is ready.
fn hear(heard: &mut Vec<u8>, bytes: &[u8], tell: &Sender<()>) {
    heard.extend_from_slice(bytes);
    if String::from_utf8_lossy(heard).contains(READY) {
        heard.clear();
        // Who has stopped to listen does not need to know.
        let _ = tell.send(());
    }
}

fn switch_off(address: Address) {
    // If it does not hear, its time limit ends it.
    let _ = Ssh::connect(address).and_then(|ssh| ssh.output(OFF));
}

/// A port of this host that nobody listens on.
pub fn free_port() -> Result<u16> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    Ok(port.context(|| "no free port")?.port())
}
