//! This host, reached by ssh as if it were a board: with real servers and real failures.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{Gid, Uid, User};
use tempfile::TempDir;

use super::ssh::Ssh;
use super::virtual_board::free_port;
use super::*;
use crate::kernel::{Flavour, Kernel};
use crate::ssh_server::{self, Keys};

/// How long commands may take that end by themselves.
const LIMIT: Duration = Duration::from_secs(60);

/// A server on this host, with a home and a folder for temporary files of its own. Killed when dropped.
struct Host {
    server: Child,
    folder: TempDir,
    keys: Keys,
    port: u16,
    user: String,
}

impl Host {
    fn start() -> Host {
        let dir = ssh_server::find(Progress::Silent).unwrap();
        let keys = Keys::make(&dir).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (home, shell, tmp) = (at("home"), at("sh"), at("tmp"));
        fs::create_dir_all(home.join(".ssh")).unwrap();
        fs::create_dir(&tmp).unwrap();
        fs::copy(keys.authorized(), home.join(".ssh/authorized_keys")).unwrap();
        let script = format!("#!/bin/sh\nTMPDIR={} exec /bin/sh \"$@\"\n", tmp.display());
        fs::write(&shell, script).unwrap();
        fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
        let (uid, gid) = (Uid::current(), Gid::current());
        let user = User::from_uid(uid).unwrap().unwrap().name;
        let (home, shell) = (home.display(), shell.display());
        fs::write(
            at("passwd"),
            format!("{user}:*:{uid}:{gid}::{home}:{shell}\n"),
        )
        .unwrap();
        fs::write(at("shells"), format!("{shell}\n")).unwrap();
        let port = free_port().unwrap();

        // Its own mounts, which end with it. Those take root, and the server takes the user again.
        let mut unshare = Command::new("unshare");
        let mut again = String::new();
        if !uid.is_root() {
            unshare.arg("--map-root-user");
            again = format!("unshare --user --map-user={uid} --map-group={gid}");
        }
        let script = format!(
            "mount --bind passwd /etc/passwd && mount --bind shells /etc/shells && \
             exec {again} \"$0\" -F -E -s -r {} -p 127.0.0.1:{port}",
            keys.host().display()
        );
        let program = ssh_server::program(&dir, ssh_server::SERVER);
        unshare
            .args(["--mount", "--kill-child", "sh", "-c", &script])
            .arg(program.get_program())
            .envs(
                program
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .current_dir(folder.path())
            .stderr(fs::File::create(at("server.log")).unwrap())
            .stdout(Stdio::null());
        let server = unshare.spawn().unwrap();
        let host = Host {
            server,
            folder,
            keys,
            port,
            user,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "no server: {}", host.log());
            thread::sleep(Duration::from_millis(20));
        }
        host
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap()
    }

    fn address(&self) -> Address {
        Address {
            target: format!("{}@127.0.0.1", self.user),
            port: Some(self.port),
            options: self.keys.options(self.port).unwrap(),
        }
    }

    /// A test of modules that are built there, for a kernel of the lab.
    fn test(&self, kernel_dir: &Path) -> BoardTest {
        BoardTest {
            address: self.address(),
            kernel_dir: Some(kernel_dir.display().to_string()),
            ..nowhere()
        }
    }

    /// Files and folders that are left there.
    fn left(&self) -> usize {
        fs::read_dir(self.folder.path().join("tmp"))
            .unwrap()
            .count()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A test of a board that there is not.
fn nowhere() -> BoardTest {
    BoardTest {
        address: Address {
            target: "127.0.0.1".into(),
            port: Some(free_port().unwrap()),
            options: vec!["-F".into(), "/dev/null".into()],
        },
        rigs: Vec::new(),
        modules: None,
        kernel_dir: None,
        programs: None,
        arguments: Vec::new(),
        time_limit: LIMIT,
        results: PathBuf::new(),
    }
}

fn refusal(address: Address) -> String {
    match Ssh::connect(address) {
        Ok(_) => panic!("was let in"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn modules_are_built_there_and_nothing_is_left() {
    let host = Host::start();
    let kernel = Kernel::find(Flavour::Stock612, Progress::Silent).unwrap();
    let built = host.test(&kernel.headers).build(Progress::Silent);
    built.unwrap_or_else(|e| panic!("{e}\n{}", host.log()));
    assert_eq!(host.left(), 0);
}

#[test]
fn a_build_that_fails_is_quoted_and_leaves_nothing() {
    let host = Host::start();
    let broken = host.folder.path().join("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(
        broken.join("Makefile"),
        "modules:\n\t@echo 'no compiler today' >&2; exit 3\n",
    )
    .unwrap();
    let error = host
        .test(&broken)
        .build(Progress::Silent)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no compiler today") && error.contains("make"),
        "{error}"
    );
    assert_eq!(host.left(), 0);
}

#[test]
fn a_board_without_headers_is_told_what_to_install() {
    let host = Host::start();
    let error = host.test(Path::new("/nowhere")).build(Progress::Silent);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no kernel headers in /nowhere")
            && error.contains("apt install linux-headers-"),
        "{error}"
    );
    assert_eq!(host.left(), 0);
}

#[test]
fn files_come_and_go_and_commands_tell_how_they_ended() {
    let host = Host::start();
    let ssh = Ssh::connect(host.address()).unwrap();
    let (here, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(here.path().join("a b")).unwrap();
    fs::write(here.path().join("a b/c"), [0, 255, 10]).unwrap();
    let there = ssh.output("mktemp -d $TMPDIR/XXXXXX").unwrap();
    ssh.send(here.path(), there.trim()).unwrap();
    ssh.fetch("env ", there.trim(), back.path()).unwrap();
    assert_eq!(fs::read(back.path().join("a b/c")).unwrap(), [0, 255, 10]);

    let mut said = Vec::new();
    let code = ssh.follow(
        "sh -c 'echo out; echo err >&2; exit 7'",
        LIMIT,
        &mut |bytes| said.extend_from_slice(bytes),
    );
    assert_eq!(
        (code.unwrap(), String::from_utf8(said).unwrap().as_str()),
        (7, "out\nerr\n")
    );
    let error = ssh.output("echo why >&2; exit 3").unwrap_err().to_string();
    assert!(
        error.contains("exit status: 3") && error.contains("why"),
        "{error}"
    );
    let error = ssh.send(here.path(), "/nowhere").unwrap_err().to_string();
    assert!(error.contains("/nowhere"), "{error}");
}

#[test]
fn a_connection_that_breaks_is_told_from_a_command_that_fails() {
    let host = Host::start();
    let ssh = Ssh::connect(host.address()).unwrap();
    let error = ssh.follow("kill -9 $PPID", LIMIT, &mut |_| {}).unwrap_err();
    assert!(
        matches!(error, Error::Board(BoardError::Lost { .. })),
        "{error}"
    );
}

#[test]
fn a_board_that_does_not_come_to_an_end_is_given_up() {
    let host = Host::start();
    let ssh = Ssh::connect(host.address()).unwrap();
    let (script, limit) = ("echo begun; sleep 100", Duration::from_secs(1));
    let mut said = Vec::new();
    let errors = [
        ssh.follow(script, limit, &mut |bytes| said.extend_from_slice(bytes))
            .unwrap_err(),
        ssh.output_within(script, limit).unwrap_err(),
    ];
    assert_eq!(said, b"begun\n");
    for error in errors {
        assert!(
            matches!(error, Error::Board(BoardError::Hung { .. })),
            "{error}"
        );
        assert!(error.to_string().contains("after 1s"), "{error}");
    }
    assert_eq!(ssh.output("echo it answers").unwrap(), "it answers\n");
}

#[test]
fn results_that_only_root_can_read_come_back() {
    let host = Host::start();
    let ssh = Ssh::connect(host.address()).unwrap();
    let back = tempfile::tempdir().unwrap();
    let there = ssh.output("mktemp -d $TMPDIR/XXXXXX").unwrap();
    let there = there.trim();
    // Who stands for root here lets tar read what was out of its reach.
    let (locked, root) = (
        format!("{there}/locked"),
        format!("mv {there}/locked {there}/out; "),
    );
    ssh.output(&format!("mkdir {locked} && echo 1 > {locked}/log"))
        .unwrap();
    ssh.fetch(&root, &format!("{there}/out"), back.path())
        .unwrap();
    assert_eq!(fs::read(back.path().join("log")).unwrap(), b"1\n");
}

#[test]
fn two_rigs_of_one_name_are_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rigs = [&one, &two].map(|folder| folder.path().join("edu.toml"));
    for rig in &rigs {
        fs::copy(crate::rigs::find("edu".as_ref()), rig).unwrap();
    }
    let test = BoardTest {
        rigs: rigs.into(),
        ..nowhere()
    };
    let error = test.run(Progress::Silent, &mut |_| {}).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("two rigs have one name") && error.contains("edu.toml"),
        "{error}"
    );
}

#[test]
fn who_has_no_key_is_not_let_in() {
    let host = Host::start();
    let mut address = host.address();
    let stranger = host.folder.path().join("stranger");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&stranger)
        .status();
    assert!(made.unwrap().success());
    let client = address
        .options
        .iter()
        .position(|word| word == "-i")
        .unwrap()
        + 1;
    address.options[client] = stranger.display().to_string();
    let error = refusal(address);
    assert!(
        error.contains("Permission denied") && error.contains("ssh-copy-id"),
        "{error}"
    );
}

#[test]
fn another_board_in_its_place_is_noticed() {
    let host = Host::start();
    let other = Keys::make(&ssh_server::find(Progress::Silent).unwrap()).unwrap();
    let address = Address {
        options: other.options(host.port).unwrap(),
        ..host.address()
    };
    let error = refusal(address);
    assert!(error.contains("not the one that is known"), "{error}");
}

#[test]
fn where_nobody_listens_the_port_is_asked_for() {
    let error = refusal(nowhere().address);
    assert!(
        error.contains("refuses") && error.contains("PORT="),
        "{error}"
    );
}

#[test]
fn an_option_that_ssh_does_not_know_is_shown() {
    let address = Address {
        target: "127.0.0.1".into(),
        port: None,
        options: vec!["-o".into(), "NoSuchOption=1".into()],
    };
    let error = refusal(address);
    assert!(
        error.contains("nosuchoption") && error.contains("SSH_OPTS"),
        "{error}"
    );
}
