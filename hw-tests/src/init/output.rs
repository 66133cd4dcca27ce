//! The output of one process: a pipe whose bytes go to the host as they come.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use irqlink_hw_tests::frame::Kind;

use crate::port::Port;

/// One of a process's pipes.
pub struct Output {
    kind: Kind,
    pipe: File,
    /// End of what was shown so far, in which an awaited text could begin.
    tail: Vec<u8>,
    /// Nothing more will come.
    pub at_end: bool,
}

impl Output {
    /// Takes the reading end of a pipe; `kind` is [`Kind::Stdout`] or [`Kind::Stderr`].
    pub fn new(kind: Kind, pipe: OwnedFd) -> io::Result<Output> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Output {
            kind,
            pipe: pipe.into(),
            tail: Vec::new(),
            at_end: false,
        })
    }

    /// The pipe, to poll.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Sends what is there to read. Says whether `awaited` has appeared.
    pub fn forward(&mut self, step: u16, awaited: Option<&str>, port: &mut Port) -> bool {
        let mut shown = false;
        let mut chunk = [0; 4096];
        loop {
            match self.pipe.read(&mut chunk) {
                Ok(n) if n > 0 => {
                    port.send(self.kind, step, &chunk[..n]);
                    shown |= awaited
                        .is_some_and(|text| shows(&mut self.tail, &chunk[..n], text.as_bytes()));
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return shown,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.at_end = true;
                    return shown;
                }
            }
        }
    }
}

/// Whether `text` appears where `chunk` follows `tail`, which it then brings up to date.
fn shows(tail: &mut Vec<u8>, chunk: &[u8], text: &[u8]) -> bool {
    tail.extend(chunk);
    let shown = text.is_empty() || tail.windows(text.len()).any(|window| window == text);
    let keep = tail.len().min(text.len().saturating_sub(1));
    tail.drain(..tail.len() - keep);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_across_chunks() {
        let mut tail = Vec::new();
        assert!(!shows(&mut tail, b"agent: re", b"ready"));
        assert!(!shows(&mut tail, b"a", b"ready"));
        assert!(shows(&mut tail, b"dy\n", b"ready"));
        assert!(!shows(&mut tail, b"steady", b"ready"));
    }
}
