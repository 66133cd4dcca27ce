//! Baseline: a file in procfs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use irqlink::abi::Record;
use irqlink::{Event, Progress};
use nix::errno::Errno;

use super::bench_module;
use super::number;
use super::on_mio::{Drain, OnMio};
use super::own::Own;
use crate::error::{Error, Result};

/// File of irqlink_bench.
const FILE: &str = "/proc/irqlink_bench";

pub const PATH: Own = Own {
    missing: bench_module::missing,
    many: false,
    ..Own::new(
        "procfs",
        "baseline: read (copy_to_user) on a file in procfs: epoll_wait, read",
        |source| Ok(Box::new(OnMio::new(ProcFile::open(source)?)?)),
    )
};

/// Gives the newest event of a source.
struct ProcFile {
    file: File,
    source: u32,
}

impl ProcFile {
    fn open(source: &str) -> Result<Self> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(FILE)
            .map_err(Error::system("open the file of irqlink_bench in procfs"))?;
        file.write_all(source.as_bytes())
            .map_err(Error::system("have irqlink_bench follow the source"))?;
        Ok(ProcFile {
            file,
            source: number(source)?,
        })
    }
}

impl Drain for ProcFile {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let mut record = Record::default();
        loop {
            match self.file.read(bytemuck::bytes_of_mut(&mut record)) {
                Ok(_) => handler(Event::Interrupt(&record)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Progress::Drained);
                }
                Err(error) if error.raw_os_error() == Some(Errno::ENODEV as i32) => {
                    handler(Event::Gone {
                        source: self.source,
                    });
                    return Ok(Progress::Ended);
                }
                Err(error) => {
                    return Err(Error::system("read the file of irqlink_bench in procfs")(
                        error,
                    ));
                }
            }
        }
    }
}

impl AsFd for ProcFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
