//! A PCI function in the hands of this program (kernel: Documentation/driver-api/vfio.rst,
//! include/uapi/linux/vfio.h).

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use libc::{c_int, c_ulong};
use nix::errno::Errno;

use super::Registers;

/// The driver.
pub const DRIVER: &str = "vfio-pci";

// Requests, and what they take.
const SET_IOMMU: c_ulong = request(2);
const GROUP_SET_CONTAINER: c_ulong = request(4);
const GROUP_GET_DEVICE_FD: c_ulong = request(6);
const DEVICE_GET_REGION_INFO: c_ulong = request(8);
const DEVICE_SET_IRQS: c_ulong = request(10);
/// The IOMMU of x86, and others.
const TYPE1V2_IOMMU: c_int = 3;
const BAR0: u32 = 0;
const CONFIG: u32 = 7;
/// Signal an eventfd at an interrupt.
const EVENTFD_TRIGGER: u32 = 1 << 2 | 1 << 5;

/// In a function's configuration: the command register, and in it that the device may write to memory, as a
/// message of an interrupt does, and that its own memory can be used.
const COMMAND: u64 = 4;
const MASTER_AND_MEMORY: u16 = 1 << 2 | 1 << 1;

/// What the kernel signals.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Interrupt {
    /// The device's first MSI.
    Msi = 1,
    /// The kernel wants the device back: it waits until this program has closed it.
    WantedBack = 4,
}

const fn request(number: c_ulong) -> c_ulong {
    (b';' as c_ulong) << 8 | (100 + number)
}

#[repr(C)]
#[derive(Default)]
struct RegionInfo {
    size_of_this: u32,
    flags: u32,
    index: u32,
    capabilities: u32,
    size: u64,
    offset: u64,
}

#[repr(C)]
struct IrqSet {
    size_of_this: u32,
    flags: u32,
    index: u32,
    start: u32,
    count: u32,
    eventfd: c_int,
}

/// An open function. It is the driver's again when this is dropped.
pub struct Vfio {
    device: File,
    _group: File,
    _container: File,
}

impl Vfio {
    /// Opens the function with that folder in sysfs, which the driver has.
    ///
    /// # Errors
    /// The system's.
    pub fn open(address: &str, folder: &Path) -> io::Result<Self> {
        let group = fs::read_link(folder.join("iommu_group"))?;
        let number = group.file_name().ok_or(ErrorKind::NotFound)?;
        let open = |name: &Path| File::options().read(true).write(true).open(name);
        let container = open(Path::new("/dev/vfio/vfio"))?;
        let group = open(&Path::new("/dev/vfio").join(number))?;
        let fd = container.as_raw_fd();
        let address = CString::new(address)?;
        // SAFETY: these requests read an int and a string that outlive the calls.
        let device = unsafe {
            ioctl(&group, GROUP_SET_CONTAINER, &fd)?;
            Errno::result(libc::ioctl(container.as_raw_fd(), SET_IOMMU, TYPE1V2_IOMMU))?;
            ioctl(&group, GROUP_GET_DEVICE_FD, address.as_ptr())?
        };
        // SAFETY: it is new, and of nobody else.
        let device = unsafe { OwnedFd::from_raw_fd(device) };
        Ok(Vfio {
            device: device.into(),
            _group: group,
            _container: container,
        })
    }

    /// Maps the first `length` bytes of its BAR 0.
    ///
    /// # Errors
    /// The system's.
    pub fn bar(&self, length: usize) -> io::Result<Registers> {
        Registers::map(self.device.as_fd(), self.region(BAR0)?, length)
    }

    /// Lets the device send messages, as an MSI is one.
    ///
    /// # Errors
    /// The system's.
    pub fn enable(&self) -> io::Result<()> {
        let command = self.region(CONFIG)? + COMMAND;
        let mut bytes = [0; 2];
        self.device.read_exact_at(&mut bytes, command)?;
        let value = u16::from_le_bytes(bytes) | MASTER_AND_MEMORY;
        self.device.write_all_at(&value.to_le_bytes(), command)
    }

    /// Has an interrupt signal an eventfd.
    ///
    /// # Errors
    /// The system's.
    pub fn signal(&self, interrupt: Interrupt, eventfd: BorrowedFd<'_>) -> io::Result<()> {
        let set = IrqSet {
            size_of_this: size_of::<IrqSet>() as u32,
            flags: EVENTFD_TRIGGER,
            index: interrupt as u32,
            start: 0,
            count: 1,
            eventfd: eventfd.as_raw_fd(),
        };
        // SAFETY: the request reads that many bytes.
        unsafe { ioctl(&self.device, DEVICE_SET_IRQS, &set) }?;
        Ok(())
    }

    /// Where a region begins in the device's file.
    fn region(&self, index: u32) -> io::Result<u64> {
        let mut info = RegionInfo {
            size_of_this: size_of::<RegionInfo>() as u32,
            index,
            ..RegionInfo::default()
        };
        // SAFETY: the request reads and writes that many bytes.
        unsafe { ioctl(&self.device, DEVICE_GET_REGION_INFO, &raw mut info) }?;
        Ok(info.offset)
    }
}

/// # Safety
/// The argument is what the request takes.
unsafe fn ioctl<T>(file: &File, request: c_ulong, argument: *const T) -> io::Result<c_int> {
    // SAFETY: the caller's.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request, argument) };
    Ok(Errno::result(result)?)
}
