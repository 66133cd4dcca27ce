//! What can go wrong with a board that is reached by ssh, each with what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// Why the tests could not be tried on the board.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// No address of that name.
    #[error(
        "there is no host {target}\nIs the name right? ~/.ssh/config can give a board a short one."
    )]
    Unresolved { target: String },
    /// Nobody answers.
    #[error(
        "{target} does not answer: {said}\nIs the board on, and on this network? Is the port right (PORT=)?"
    )]
    Unreachable { target: String, said: String },
    /// Nobody listens.
    #[error(
        "{target} refuses the connection: {said}\nDoes an ssh server run there? Is the port right (PORT=)?"
    )]
    Refused { target: String, said: String },
    /// It is not known to be the one.
    #[error(
        "the host key of {target} is not the one that is known:\n{said}\n\
        Log in once by hand, and compare the key: ssh {target}"
    )]
    HostKey { target: String, said: String },
    /// No login.
    #[error(
        "{target} lets nobody in by key: {said}\n\
        Put a key there: ssh-copy-id {target}; or name one: SSH_OPTS='-i FILE'. Passwords are not asked for."
    )]
    Denied { target: String, said: String },
    /// The options are wrong.
    #[error("ssh does not take its options: {said}\nSee SSH_OPTS and ~/.ssh/config.")]
    Options { said: String },
    /// It was there.
    #[error(
        "the connection to {target} was lost: {said}\nIs the board alive? Its console may say more."
    )]
    Lost { target: String, said: String },
    /// Something there does not end.
    #[error(
        "{target} was still busy with {what} after {limit:?}, and was given up\n\
        If something hangs in its kernel, its console says more, and it needs a reboot."
    )]
    Hung {
        target: String,
        what: String,
        limit: Duration,
    },
    /// Not root.
    #[error(
        "{target} gives no root: the login is not root's, and sudo asks for a password or is not there\n\
        Log in as root (TARGET=root@...), or let the user sudo without a password."
    )]
    NoRoot { target: String },
    /// A program is not there.
    #[error("{target} has no {program}\n{advice}")]
    NoProgram {
        target: String,
        program: &'static str,
        advice: &'static str,
    },
    /// The modules cannot be built there.
    #[error(
        "{target} has no kernel headers in {kernel_dir}\n\
        Install them (Debian: apt install linux-headers-{release}; Raspberry Pi OS: linux-headers-rpi-v8), or say where they are: \
        --kernel-dir; or build the modules elsewhere and give them: MODULES=<folder of the .ko files>."
    )]
    NoHeaders {
        target: String,
        release: String,
        kernel_dir: String,
    },
    /// No room.
    #[error(
        "{target} has {free} kB free in {folder}, and {needed} kB are needed\nSet TMPDIR there to a folder with more room."
    )]
    NoSpace {
        target: String,
        folder: String,
        free: u64,
        needed: u64,
    },
    /// No programs for this machine.
    #[error(
        "there are no programs for {target}, a {machine}\nThe lab builds for: {known}. Give your own: --programs <folder>."
    )]
    UnknownMachine {
        target: String,
        machine: String,
        known: String,
    },
    /// No compiler for this machine.
    #[error(
        "this host cannot build for {triple}: {what}\n\
        Install it (Debian: apt install {package}; rustup target add {triple}), or give programs that were built elsewhere: \
        --programs <folder>."
    )]
    NoCrossCompiler {
        triple: &'static str,
        package: &'static str,
        what: String,
    },
    /// No modules.
    #[error("MODULES={}: {what}", folder.display())]
    NotModules { folder: PathBuf, what: String },
    /// Modules for another kernel.
    #[error(
        "{} is for kernel {built}, and {target} runs {release}\n\
        Build the modules for that kernel, or on the board itself (without MODULES).",
        file.display()
    )]
    OtherKernel {
        target: String,
        file: PathBuf,
        built: String,
        release: String,
    },
    /// A command on the board failed.
    #[error("on {target}, {what} failed ({status}):\n{said}")]
    Command {
        target: String,
        what: String,
        status: std::process::ExitStatus,
        said: String,
    },
    /// It was stopped by Ctrl-C.
    #[error("stopped; nothing of it is left on {target}")]
    Stopped { target: String },
    /// What the board says cannot be understood.
    #[error(
        "{target} answers what is not expected: {said}\nDoes its login shell print something, or ask?"
    )]
    Answer { target: String, said: String },
}

/// What ssh itself says when there is no connection: the exit status is 255 then (ssh(1)).
pub fn of_ssh(target: &str, stderr: &str) -> BoardError {
    type Make = fn(String, String) -> BoardError;
    /// Words of OpenSSH's client, the more telling ones first.
    const KNOWN: &[(&str, Make)] = &[
        ("Could not resolve hostname", |target, _| {
            BoardError::Unresolved { target }
        }),
        ("Host key verification failed", |target, said| {
            BoardError::HostKey { target, said }
        }),
        ("Permission denied", |target, said| BoardError::Denied {
            target,
            said,
        }),
        ("Too many authentication failures", |target, said| {
            BoardError::Denied { target, said }
        }),
        ("Connection refused", |target, said| BoardError::Refused {
            target,
            said,
        }),
        ("timed out", |target, said| BoardError::Unreachable {
            target,
            said,
        }),
        ("No route to host", |target, said| BoardError::Unreachable {
            target,
            said,
        }),
        ("unreachable", |target, said| BoardError::Unreachable {
            target,
            said,
        }),
        ("Host is down", |target, said| BoardError::Unreachable {
            target,
            said,
        }),
        ("Bad configuration option", |_, said| BoardError::Options {
            said,
        }),
        ("unknown option", |_, said| BoardError::Options { said }),
        ("illegal option", |_, said| BoardError::Options { said }),
        ("option requires an argument", |_, said| {
            BoardError::Options { said }
        }),
        ("command-line", |_, said| BoardError::Options { said }),
    ];
    let said = stderr.trim().to_owned();
    let known = KNOWN.iter().find(|(words, _)| stderr.contains(words));
    let make = known.map_or(
        (|target, said| BoardError::Lost { target, said }) as Make,
        |(_, make)| *make,
    );
    make(target.to_owned(), said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What OpenSSH 9.2 said, and words of what to do.
    const SAID: &[(&str, &str)] = &[
        (
            "ssh: Could not resolve hostname nowhere: Name or service not known",
            "there is no host",
        ),
        (
            "ssh: connect to host 127.0.0.1 port 9: Connection refused",
            "Does an ssh server run there?",
        ),
        (
            "ssh: connect to host 10.255.255.1 port 22: Connection timed out",
            "Is the board on",
        ),
        (
            "ssh: connect to host 10.1.2.3 port 22: No route to host",
            "Is the board on",
        ),
        (
            "ssh: connect to host 10.1.2.3 port 22: Network is unreachable",
            "Is the board on",
        ),
        (
            "root@board: Permission denied (publickey,password).",
            "ssh-copy-id",
        ),
        (
            "Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures",
            "ssh-copy-id",
        ),
        (
            "No ED25519 host key is known for board and you have requested strict checking.\nHost key verification failed.",
            "Log in once by hand",
        ),
        (
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
            "Log in once by hand",
        ),
        (
            "command-line: line 0: Bad configuration option: foo",
            "SSH_OPTS",
        ),
        (
            "unknown option -- Z\nusage: ssh [-46AaCfGgKkMNnqsTtVvXxYy]",
            "SSH_OPTS",
        ),
        (
            "client_loop: send disconnect: Broken pipe",
            "Is the board alive?",
        ),
        (
            "kex_exchange_identification: Connection closed by remote host",
            "Is the board alive?",
        ),
        ("", "Is the board alive?"),
    ];

    #[test]
    fn each_failure_says_what_to_do() {
        for (said, advice) in SAID {
            let error = of_ssh("root@board", said).to_string();
            assert!(error.contains(advice), "{said}\n{error}");
        }
    }

    proptest! {
        #[test]
        fn whatever_ssh_says_is_quoted_or_put_in_words(said in "\\PC{0,40}") {
            let error = of_ssh("root@board", &said).to_string();
            prop_assert!(error.contains(said.trim()) || error.contains("there is no host"));
        }
    }
}
