//! Listens to the guest: takes its frames apart.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Instant;

use irqlink_hw_tests::frame::{self, Frame, Kind};

use crate::error::{Context, Error, Result};

/// Why listening ended.
pub enum Stop {
    /// The guest has just come up.
    Up,
    /// The guest is through with its job.
    End,
    /// The time is over.
    Limit,
    /// The port closed: QEMU ended.
    Closed,
    /// Something else.
    Error(Error),
}

/// What the guest has said so far.
pub struct Listener {
    port: UnixStream,
    logs: PathBuf,
    /// The file that is being sent.
    file: Option<File>,
    /// The guest has said hello.
    pub is_up: bool,
    /// The step that began last.
    pub step: Option<u16>,
    /// Exit status of each step that ended.
    pub statuses: BTreeMap<u16, ExitStatus>,
    /// Why the job failed.
    pub failure: Option<String>,
}

impl Listener {
    /// Listens on the result port; the files that come go to the folder `logs`.
    pub fn new(port: &UnixStream, logs: &Path) -> Result<Listener> {
        let port = port.try_clone().context(|| "cannot listen to the guest")?;
        Ok(Listener {
            port,
            logs: logs.into(),
            file: None,
            is_up: false,
            step: None,
            statuses: BTreeMap::new(),
            failure: None,
        })
    }

    /// Listens until the guest is up, then until it is through, but not beyond `deadline`.
    pub fn listen_until(
        &mut self,
        deadline: Instant,
        output: &mut dyn FnMut(u16, Kind, &[u8]),
    ) -> Stop {
        loop {
            match self.next(deadline).and_then(|frame| {
                let kind = frame.kind;
                self.take(frame, output).map_err(Stop::Error)?;
                Ok(kind)
            }) {
                Ok(Kind::Hello) => return Stop::Up,
                Ok(Kind::End) => return Stop::End,
                Ok(_) => {}
                Err(stop) => return stop,
            }
        }
    }

    fn next(&mut self, deadline: Instant) -> std::result::Result<Frame, Stop> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stop::Limit);
        }
        let frame = self
            .port
            .set_read_timeout(Some(left))
            .and_then(|()| frame::read(&mut self.port));
        frame.map_err(|e| self.port_error(e))?.ok_or(Stop::Closed)
    }

    fn port_error(&self, error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Stop::Limit,
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Stop::Closed,
            _ => Stop::Error(Error::Port {
                source: error,
                logs: self.logs.clone(),
            }),
        }
    }

    fn take(&mut self, frame: Frame, output: &mut dyn FnMut(u16, Kind, &[u8])) -> Result<()> {
        let Frame {
            kind,
            step,
            payload,
        } = frame;
        match kind {
            Kind::Hello if payload != [frame::VERSION] => {
                return Err(Error::Other(
                    "the guest's irqlink-init is of another version: run `make clean`".into(),
                ));
            }
            Kind::Hello => self.is_up = true,
            Kind::Start => self.step = Some(step),
            Kind::Stdout | Kind::Stderr => output(step, kind, &payload),
            Kind::Exit => {
                let status = payload.try_into().map(i32::from_le_bytes).unwrap_or(-1);
                self.statuses.insert(step, ExitStatus::from_raw(status));
            }
            Kind::File => self.file = Some(self.create(&payload)?),
            Kind::Data => {
                let written = self
                    .file
                    .as_mut()
                    .map_or(Ok(()), |file| file.write_all(&payload));
                written.context(|| format!("cannot write to {}", self.logs.display()))?;
            }
            Kind::Failed => self.failure = Some(String::from_utf8_lossy(&payload).into_owned()),
            Kind::End => {}
        }
        Ok(())
    }

    /// A file of the guest goes by its last name only, so that it cannot leave the folder.
    fn create(&self, path: &[u8]) -> Result<File> {
        let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
        let path = self
            .logs
            .join(path.file_name().unwrap_or("unnamed".as_ref()));
        File::create(&path).context(|| format!("cannot make {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// What a guest that sends `frames` and closes the port leads to.
    fn listen(logs: &Path, frames: &[(Kind, u16, &[u8])]) -> (Listener, Stop, Vec<u8>) {
        let (ours, mut guests) = UnixStream::pair().unwrap();
        for (kind, step, payload) in frames {
            frame::write(&mut guests, *kind, *step, payload).unwrap();
        }
        drop(guests);
        let mut listener = Listener::new(&ours, logs).unwrap();
        let mut heard = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut hear = |_: u16, _: Kind, bytes: &[u8]| heard.extend(bytes);
        let stop = match listener.listen_until(deadline, &mut hear) {
            Stop::Up => listener.listen_until(deadline, &mut hear),
            stop => stop,
        };
        (listener, stop, heard)
    }

    #[test]
    fn output_status_and_files_arrive() {
        let dir = tempfile::tempdir().unwrap();
        let (listener, stop, heard) = listen(
            dir.path(),
            &[
                (Kind::Hello, 0, &[frame::VERSION]),
                (Kind::Start, 1, b""),
                (Kind::Stdout, 1, b"one "),
                (Kind::Stderr, 1, b"two"),
                (Kind::Exit, 1, &(3_i32 << 8).to_le_bytes()),
                (Kind::File, 0, b"/out/../etc/report.json"),
                (Kind::Data, 0, b"{}"),
                (Kind::Failed, 0, b"why"),
                (Kind::End, 0, b""),
            ],
        );
        assert!(matches!(stop, Stop::End));
        assert_eq!(heard, b"one two");
        assert_eq!(listener.statuses[&1].code(), Some(3));
        assert_eq!(listener.failure.as_deref(), Some("why"));
        assert_eq!(
            std::fs::read(dir.path().join("report.json")).unwrap(),
            b"{}"
        );
    }

    #[test]
    fn a_port_that_closes_early_is_told_apart_from_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (listener, stop, _) = listen(
            dir.path(),
            &[(Kind::Hello, 0, &[frame::VERSION]), (Kind::Start, 4, b"")],
        );
        assert!(matches!(stop, Stop::Closed) && listener.is_up);
        assert_eq!(listener.step, Some(4));
    }

    #[test]
    fn an_init_of_another_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (_, stop, _) = listen(dir.path(), &[(Kind::Hello, 0, &[frame::VERSION + 1])]);
        assert!(matches!(stop, Stop::Error(Error::Other(why)) if why.contains("version")));
    }
}
