//! A BPF program on irqlink's tracepoint, and the ring buffer that it fills (kernel:
//! Documentation/bpf/ringbuf.rst).

mod program;
mod ring;
mod sys;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ring::Ring;

/// Bytes of the ring buffer: a power of two, and whole pages of any size up to 64 KiB.
const SIZE: usize = 64 << 10;

/// What the program copies of each interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Sequence number.
    pub seq: u64,
    /// Stamp in hard IRQ, `CLOCK_MONOTONIC` in ns.
    pub time_ns: u64,
}

/// Copies the interrupts of a source as they happen, until it is dropped.
pub struct Interrupts {
    // In this order: the program ends before its ring buffer.
    _attached: OwnedFd,
    _program: OwnedFd,
    ring: Ring,
    map: OwnedFd,
}

impl Interrupts {
    /// Those of the source with that number.
    ///
    /// # Errors
    /// Says in words what is not to be had, and why.
    pub fn of(source: u32) -> Result<Self, String> {
        let words = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
        let map = sys::ring_buffer(SIZE).map_err(words("no BPF ring buffer"))?;
        let ring = Ring::map(&map, SIZE).map_err(words("the BPF ring buffer cannot be mapped"))?;
        let program = sys::load(&program::copying(source, &map))
            .map_err(words("the kernel does not take the BPF program"))?;
        let attached = sys::attach(c"irqlink_irq", &program).map_err(words(
            "no BPF program can be attached to irqlink's tracepoint",
        ))?;
        Ok(Interrupts {
            _attached: attached,
            _program: program,
            ring,
            map,
        })
    }

    /// The oldest that was not taken yet.
    #[inline]
    pub fn take(&mut self) -> Option<Copied> {
        let [seq, time_ns] = self.ring.take()?;
        Some(Copied { seq, time_ns })
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }
}
