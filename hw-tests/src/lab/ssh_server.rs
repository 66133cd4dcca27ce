//! An ssh server and a shell, out of Debian's packages: for the virtual board that is reached by ssh,
//! and for tests on this host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::apt::Apt;
use crate::cache::{self, Cache};
use crate::command;
use crate::error::{Context, Error, Result};
use crate::progress::Progress;

/// The least in which the server runs, and what to take of each.
const PACKAGES: [(&str, &[&str]); 8] = [
    (
        "libc6",
        &[
            "./lib64/*",
            "./lib/x86_64-linux-gnu/libc.so.*",
            "./lib/x86_64-linux-gnu/ld-*",
        ],
    ),
    ("libcrypt1", &["*.so.*"]),
    ("libgmp10", &["*.so.*"]),
    ("libtomcrypt1", &["*.so.*"]),
    ("libtommath1", &["*.so.*"]),
    ("zlib1g", &["*.so.*"]),
    (
        "dropbear-bin",
        &["./usr/sbin/dropbear", "./usr/bin/dropbearkey"],
    ),
    ("busybox-static", &["./bin/busybox"]),
];

/// The server below the folder.
pub const SERVER: &str = "usr/sbin/dropbear";
/// The shell, with all of its tools.
pub const SHELL: &str = "bin/busybox";
const KEY_MAKER: &str = "usr/bin/dropbearkey";

/// The folder in which all that lies as in a root file system.
pub fn find(progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let names = PACKAGES.map(|(package, _)| package);
    let entry = cache.entry(
        cache::key("ssh-server", &names),
        &[SERVER, SHELL, KEY_MAKER],
    );
    if let Some(dir) = entry.find()? {
        return Ok(dir);
    }
    progress.step("fetch an ssh server", || {
        let apt = Apt::update(&cache)?;
        entry.make(|dir| apt.unpack_parts(&PACKAGES, dir))
    })
}

/// A call of one of the folder's programs on this host.
pub fn program(dir: &Path, program: &str) -> Command {
    let mut command = Command::new(dir.join(program));
    let libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map(|lib| dir.join(lib));
    command.env(
        "LD_LIBRARY_PATH",
        format!("{}:{}", libraries[0].display(), libraries[1].display()),
    );
    command
}

/// Keys of one server and one who may log in, made for the occasion.
pub struct Keys {
    folder: TempDir,
    /// The server's public key.
    host: String,
}

impl Keys {
    /// Makes them; `dir` as from [`find`].
    pub fn make(dir: &Path) -> Result<Keys> {
        let folder = tempfile::tempdir().context(|| "cannot make a folder for keys")?;
        let mut client = Command::new("ssh-keygen");
        client.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
        command::stdout(client.arg(folder.path().join("client")))?;
        let mut host = program(dir, KEY_MAKER);
        host.args(["-t", "ed25519", "-f"]);
        let said = command::stdout(host.arg(folder.path().join("host")))?;
        let key = said.lines().find(|line| line.starts_with("ssh-ed25519 "));
        let host = key
            .ok_or_else(|| Error::Other(format!("dropbearkey made no key:\n{said}")))?
            .to_owned();
        Ok(Keys { folder, host })
    }

    /// The server's private key.
    pub fn host(&self) -> PathBuf {
        self.folder.path().join("host")
    }

    /// The key that may log in, as a line of `authorized_keys`: a file.
    pub fn authorized(&self) -> PathBuf {
        self.folder.path().join("client.pub")
    }

    /// Options by which ssh logs in to the server on that port of this host, whatever the user's
    /// settings are.
    pub fn options(&self, port: u16) -> Result<Vec<String>> {
        let known = self.folder.path().join("known_hosts");
        fs::write(&known, format!("[127.0.0.1]:{port} {}\n", self.host))
            .context(|| format!("cannot write {}", known.display()))?;
        let client = self.folder.path().join("client");
        let options = [
            "-F".into(),
            "/dev/null".into(),
            "-i".into(),
            client.display().to_string(),
            "-o".into(),
            "IdentitiesOnly=yes".into(),
            "-o".into(),
            format!("UserKnownHostsFile={}", known.display()),
        ];
        Ok(options.into())
    }
}
