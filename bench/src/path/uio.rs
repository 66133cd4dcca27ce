//! Peer: UIO, by the kernel's driver for any PCI function with INTx (kernel:
//! Documentation/driver-api/uio-howto.rst, drivers/uio/uio_pci_generic.c).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use irqlink::abi::Record;
use irqlink::{Event, Progress, Source};

use super::on_mio::{Drain, OnMio};
use super::{Path, Taken};
use crate::error::{Error, Result};
use crate::pci::{self, Edu, Lent, Registers};
use crate::trigger::Register;

const DRIVER: &str = "uio_pci_generic";
/// Upper byte of the command register in a function's configuration.
const COMMAND_HIGH: u64 = 5;
/// The function does not raise INTx.
const INTX_DISABLED: u8 = 1 << 2;

pub struct Uio;

impl Path for Uio {
    fn name(&self) -> &'static str {
        "uio"
    }

    fn summary(&self) -> &'static str {
        "peer: UIO (uio_pci_generic, INTx), from the write that triggers: epoll_wait, read"
    }

    fn missing(&self, source: &Source) -> Option<String> {
        pci::missing(source, DRIVER, DRIVER)
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let lent = Lent::to(DRIVER, source)?;
        let function = Function::open(&lent).map_err(failed)?;
        lent.place(function.irq)?;
        let registers = bar(&lent).map_err(failed)?;
        let (register, raised) = Register::new(Edu::new(registers), lent);
        Ok(Taken {
            raise: Box::new(register),
            listen: Box::new(move || Ok(Box::new(OnMio::new(Interrupts { function, raised })?))),
        })
    }
}

fn failed(error: io::Error) -> Error {
    Error::system("use UIO")(error)
}

fn read_write(path: impl AsRef<FilePath>) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

fn bar(lent: &Lent) -> io::Result<Registers> {
    let file = read_write(lent.file("resource0"))?;
    Registers::map(file.as_fd(), 0, Edu::LENGTH)
}

/// What a UIO driver in a program has of its device.
struct Function {
    uio: File,
    config: File,
    /// Upper byte of the command register, with INTx.
    command: u8,
    edu: Edu,
    irq: u32,
}

impl Function {
    fn open(lent: &Lent) -> io::Result<Self> {
        let name = fs::read_dir(lent.file("uio"))?
            .next()
            .ok_or(ErrorKind::NotFound)??
            .file_name();
        let config = read_write(lent.file("config"))?;
        let mut command = [0];
        config.read_exact_at(&mut command, COMMAND_HIGH)?;
        let irq = fs::read_to_string(lent.file("irq"))?;
        Ok(Function {
            uio: read_write(FilePath::new("/dev").join(name))?,
            config,
            command: command[0] & !INTX_DISABLED,
            edu: Edu::new(bar(lent)?),
            irq: irq.trim().parse().map_err(io::Error::other)?,
        })
    }

    /// Quiets the device, and lets it interrupt again: the driver has disabled INTx.
    fn again(&self) -> io::Result<()> {
        self.edu.acknowledge();
        self.config.write_all_at(&[self.command], COMMAND_HIGH)
    }
}

/// UIO counts interrupts, but stamps none. One is raised at a time, so its number is that of the latest raised.
struct Interrupts {
    function: Function,
    raised: Arc<AtomicU64>,
}

impl Drain for Interrupts {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let mut count = [0; 4];
        match self.function.uio.read(&mut count) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Progress::Drained),
            Err(error) => return Err(failed(error)),
        }
        handler(Event::Interrupt(&Record {
            seq: self.raised.load(Ordering::Acquire),
            ..Record::default()
        }));
        self.function.again().map_err(failed)?;
        Ok(Progress::Drained)
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.function.uio.as_fd()
    }
}
