//! Registers of a device, mapped.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use memmap2::{MmapOptions, MmapRaw};

/// Registers of 32 bits.
pub struct Registers(MmapRaw);

impl Registers {
    /// Maps `length` bytes of a file that stands for them.
    ///
    /// # Errors
    /// The system's.
    pub fn map(file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.offset(offset).len(length);
        Ok(Registers(options.map_raw(file.as_raw_fd())?))
    }

    /// Writes one.
    #[inline]
    pub fn write(&self, offset: usize, value: u32) {
        assert!(offset % 4 == 0 && offset + 4 <= self.0.len());
        // SAFETY: it is aligned and within the mapping; the device is this program's.
        unsafe {
            self.0
                .as_mut_ptr()
                .add(offset)
                .cast::<u32>()
                .write_volatile(value)
        };
    }
}
