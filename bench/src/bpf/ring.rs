//! The consumer's side of a BPF ring buffer, mapped (kernel: kernel/bpf/ringbuf.c).

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};
use nix::unistd::{SysconfVar, sysconf};

use super::program::COPIED;

/// Before each sample: its length, and where its page is.
const HEADER: usize = 8;
/// The sample is not complete yet.
const BUSY: u32 = 1 << 31;
/// The sample was given up.
const DISCARDED: u32 = 1 << 30;

/// A ring buffer of samples that are two words long.
pub struct Ring {
    /// A page with the consumer's position.
    consumer: MmapRaw,
    /// A page with the producer's position, then the samples, twice in a row, so that none is cut.
    producer: MmapRaw,
    /// Where the samples begin.
    data: usize,
    size: usize,
    position: u64,
}

impl Ring {
    /// Maps a ring buffer of `size` bytes.
    ///
    /// # Errors
    /// The system's.
    pub fn map(map: &OwnedFd, size: usize) -> io::Result<Self> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?.unwrap_or(4096) as usize;
        let consumer = MmapOptions::new().len(page).map_raw(map.as_raw_fd())?;
        let producer = MmapOptions::new()
            .offset(page as u64)
            .len(page + 2 * size)
            .map_raw_read_only(map.as_raw_fd())?;
        Ok(Ring {
            consumer,
            producer,
            data: page,
            size,
            position: 0,
        })
    }

    /// Takes the oldest sample. Once it has said that there is none, the descriptor becomes readable anew.
    #[inline]
    pub fn take(&mut self) -> Option<[u64; 2]> {
        loop {
            if self.produced() == self.position {
                return None;
            }
            let at = self.data + (self.position as usize & (self.size - 1));
            // SAFETY: a header begins within the samples, at a multiple of 8; the kernel writes it atomically.
            let header = unsafe { &*self.producer.as_ptr().add(at).cast::<AtomicU32>() };
            let length = header.load(Ordering::Acquire);
            if length & BUSY != 0 {
                return None;
            }
            let is_whole = length & DISCARDED == 0 && length as usize == COPIED;
            let sample = is_whole.then(|| {
                // SAFETY: the sample follows its header, in the second copy if not in the first, and the
                // kernel leaves it alone until it is given back.
                unsafe {
                    self.producer
                        .as_ptr()
                        .add(at + HEADER)
                        .cast::<[u64; 2]>()
                        .read()
                }
            });
            let length = (length & !DISCARDED) as usize;
            self.give_back(self.position + (HEADER + length).next_multiple_of(8) as u64);
            if sample.is_some() {
                return sample;
            }
        }
    }

    fn produced(&self) -> u64 {
        // SAFETY: the producer's page begins with the position, which the kernel writes atomically.
        let position = unsafe { &*self.producer.as_ptr().cast::<AtomicU64>() };
        position.load(Ordering::Acquire)
    }

    /// Everything before that position.
    fn give_back(&mut self, position: u64) {
        self.position = position;
        // SAFETY: the consumer's page begins with the position, which only this writes.
        let consumed = unsafe { &*self.consumer.as_ptr().cast::<AtomicU64>() };
        consumed.store(position, Ordering::Release);
        // Either the kernel sees this when it has completed the next sample, and wakes, or `produced` sees
        // that one.
        fence(Ordering::SeqCst);
    }
}
