//! The log of a source, mapped into memory while the kernel writes it.

use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};

use crate::abi::{IRQLINK_ABI_VERSION, IRQLINK_RING_MAGIC, RECORD_SIZE, Record, Ring};

/// 64-bit words of a record.
const WORDS: usize = RECORD_SIZE / size_of::<u64>();

/// A read-only mapping of a ring of records.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: MmapRaw,
    records_offset: usize,
    mask: u64,
}

impl Mapping {
    /// Maps `size` bytes of a device file.
    pub(crate) fn new(file: &impl AsFd, size: usize) -> io::Result<Self> {
        let map = MmapOptions::new()
            .len(size)
            .map_raw_read_only(file.as_fd().as_raw_fd())?;
        if size < size_of::<Ring>() {
            return Err(io::Error::other("smaller than its header"));
        }
        // SAFETY: the mapping is page-aligned and at least a Ring long, and any bytes are one.
        // These fields never change; `head` and `state` are not taken from here.
        let ring = unsafe { map.as_ptr().cast::<Ring>().read_volatile() };
        let records_offset = ring.records_offset as usize;
        let capacity = ring.capacity as usize;
        let problem = if ring.magic != IRQLINK_RING_MAGIC {
            "it does not begin with the magic number"
        } else if ring.version != IRQLINK_ABI_VERSION {
            "it is of another version"
        } else if ring.record_size as usize != RECORD_SIZE {
            "its records are of another size"
        } else if !capacity.is_power_of_two() {
            "its capacity is not a power of two"
        } else if records_offset % align_of::<Record>() != 0
            || capacity > size.saturating_sub(records_offset) / RECORD_SIZE
        {
            "its records do not fit in"
        } else {
            return Ok(Mapping {
                map,
                records_offset,
                mask: capacity as u64 - 1,
            });
        };
        Err(io::Error::other(problem))
    }

    /// Number of records, a power of two.
    pub(crate) fn capacity(&self) -> u64 {
        self.mask + 1
    }

    /// Sequence number of the newest record.
    #[inline]
    pub(crate) fn head(&self) -> u64 {
        let head = self.word(offset_of!(Ring, head)).load(Ordering::Relaxed);
        // Pairs with the kernel's release of `head` after the record is written.
        fence(Ordering::Acquire);
        head
    }

    /// `IRQLINK_RING_*`. A `head` loaded later is final once `IRQLINK_RING_GONE` is seen.
    #[inline]
    pub(crate) fn state(&self) -> u32 {
        // SAFETY: the field is in the mapping, aligned, and mapped as long as `self`. That memory
        // is read-only, where relaxed loads are what atomic access is defined for.
        let state = unsafe {
            AtomicU32::from_ptr(self.map.as_mut_ptr().add(offset_of!(Ring, state)).cast())
        };
        let state = state.load(Ordering::Relaxed);
        // Pairs with the kernel's release of `state` after the last record.
        fence(Ordering::Acquire);
        state
    }

    /// Copies record number `sequence`, at most `head`; `None` if it was overwritten.
    #[inline]
    pub(crate) fn record(&self, sequence: u64) -> Option<Record> {
        let slot = self.records_offset + (sequence & self.mask) as usize * RECORD_SIZE;
        let seq = self.word(slot + offset_of!(Record, seq));
        if seq.load(Ordering::Relaxed) != sequence {
            return None;
        }
        // Pairs with the kernel's release of the slot's seq after the record is written: the
        // words below are at least as new.
        fence(Ordering::Acquire);
        let words: [u64; WORDS] = std::array::from_fn(|index| {
            self.word(slot + index * size_of::<u64>())
                .load(Ordering::Relaxed)
        });
        // Pairs with the kernel's barrier between setting seq to 0 and overwriting the words:
        // if one of them was new, the load below gives no longer `sequence`.
        fence(Ordering::Acquire);
        if seq.load(Ordering::Relaxed) != sequence {
            return None;
        }
        Some(bytemuck::cast(words))
    }

    /// The word at an offset, which is a multiple of 8 within the mapping. Load it relaxed, and
    /// fence where more is needed.
    #[inline]
    fn word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: `new` checked that header and records lie in the mapping and are aligned; it
        // is mapped as long as `self`, and only atomic accesses are made while it is shared. It is
        // read-only: relaxed loads of 8 bytes are defined there on 64-bit machines; on 32-bit ARM
        // they are made of `ldrexd`, which does nothing but read.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }
}
