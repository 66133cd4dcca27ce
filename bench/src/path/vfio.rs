//! Peer: VFIO, which signals an eventfd for each MSI.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use irqlink::abi::Record;
use irqlink::{Event, Progress, Source};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::on_mio::{Drain, OnMio};
use super::{Path, Taken};
use crate::error::{Error, Result};
use crate::pci::{self, Edu, Interrupt, Lent, VFIO_DRIVER, Vfio};
use crate::trigger::{Raise, Register};

pub struct VfioEventfd;

impl Path for VfioEventfd {
    fn name(&self) -> &'static str {
        "vfio"
    }

    fn summary(&self) -> &'static str {
        "peer: VFIO (vfio-pci, MSI) and an eventfd, from the write that triggers: epoll_wait, read"
    }

    fn missing(&self, source: &Source) -> Option<String> {
        pci::missing(source, VFIO_DRIVER, VFIO_DRIVER).or_else(|| {
            let has_iommu = pci::device(&source.device).join("iommu_group").exists();
            (!has_iommu).then(|| {
                "no IOMMU is before the device, or it is off (kernel parameter intel_iommu=on)"
                    .into()
            })
        })
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let lent = Lent::to(VFIO_DRIVER, source)?;
        let vfio = Vfio::open(lent.address(), &lent.file("")).map_err(failed)?;
        let function = Function::of(vfio).map_err(failed)?;
        let irq = message(&lent).map_err(failed)?;
        lent.place(irq)?;
        let registers = function.vfio.bar(Edu::LENGTH).map_err(failed)?;
        let wanted_back = eventfd().map_err(|errno| failed(errno.into()))?;
        function
            .vfio
            .signal(Interrupt::WantedBack, wanted_back.as_fd())
            .map_err(failed)?;
        let (register, raised) = Register::new(Edu::new(registers), lent);
        Ok(Taken {
            listen: Box::new(move || Ok(Box::new(OnMio::new(Messages { function, raised })?))),
            raise: Box::new(Borrowed {
                register,
                wanted_back,
                source: source.name.clone(),
            }),
        })
    }
}

/// Raises interrupts until the kernel wants the device back, as when it is unplugged.
struct Borrowed {
    register: Register,
    wanted_back: EventFd,
    source: String,
}

impl Raise for Borrowed {
    fn prepare(&mut self) -> Result<()> {
        match self.wanted_back.read() {
            Err(Errno::EAGAIN) => Ok(()),
            Err(errno) => Err(failed(errno.into())),
            Ok(_) => Err(Error::Library(irqlink::Error::Gone {
                name: self.source.clone(),
            })),
        }
    }

    #[inline]
    fn raise(&mut self) -> Result<()> {
        self.register.raise()
    }

    fn head(&self) -> Result<u64> {
        self.register.head()
    }
}

fn failed(error: io::Error) -> Error {
    Error::system("use VFIO")(error)
}

fn eventfd() -> nix::Result<EventFd> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
}

/// Number of the function's interrupt, which is a message.
fn message(lent: &Lent) -> io::Result<u32> {
    let first = fs::read_dir(lent.file("msi_irqs"))?.next();
    let name = first.ok_or(ErrorKind::NotFound)??.file_name();
    name.to_string_lossy().parse().map_err(io::Error::other)
}

/// What a VFIO driver in a program has of its device.
struct Function {
    eventfd: EventFd,
    edu: Edu,
    vfio: Vfio,
}

impl Function {
    fn of(vfio: Vfio) -> io::Result<Self> {
        let eventfd = eventfd()?;
        vfio.signal(Interrupt::Msi, eventfd.as_fd())?;
        vfio.enable()?;
        Ok(Function {
            eventfd,
            edu: Edu::new(vfio.bar(Edu::LENGTH)?),
            vfio,
        })
    }
}

/// An eventfd counts, but stamps nothing. One is raised at a time, so its number is that of the latest raised.
struct Messages {
    function: Function,
    raised: Arc<AtomicU64>,
}

impl Drain for Messages {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        match self.function.eventfd.read() {
            Ok(_) => {}
            Err(Errno::EAGAIN) => return Ok(Progress::Drained),
            Err(errno) => return Err(failed(errno.into())),
        }
        handler(Event::Interrupt(&Record {
            seq: self.raised.load(Ordering::Acquire),
            ..Record::default()
        }));
        self.function.edu.acknowledge();
        Ok(Progress::Drained)
    }
}

impl AsFd for Messages {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.function.eventfd.as_fd()
    }
}
