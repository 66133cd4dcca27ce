//! A BPF program on irqlink's tracepoint, and the ring buffer that it fills (kernel:
//! Documentation/bpf/ringbuf.rst).

mod elf;
mod program;

use std::error::Error;
use std::iter::successors;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use aya::EbpfLoader;
use aya::maps::{Map, MapData, RingBuf};
use aya::programs::Program;
use aya::programs::raw_trace_point::RawTracePointLink;
use aya::util::KernelVersion;
use bytemuck::{Pod, Zeroable};

/// Irqlink's tracepoint (kernel/core/trace.h).
const TRACEPOINT: &str = "irqlink_irq";

/// What the program copies of each interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Copied {
    /// Sequence number.
    pub seq: u64,
    /// Stamp in hard IRQ, `CLOCK_MONOTONIC` in ns.
    pub time_ns: u64,
}

/// Copies the interrupts of a source as they happen, until it is dropped.
pub struct Interrupts {
    // In this order: the program ends before its ring buffer.
    _attached: RawTracePointLink,
    ring: RingBuf<MapData>,
    /// That of the ring buffer.
    readable: OwnedFd,
}

impl Interrupts {
    /// Those of the source with that number.
    ///
    /// # Errors
    /// Says in words what is not to be had, and why.
    pub fn of(source: u32) -> Result<Self, String> {
        // Aya panics where it does not understand it.
        KernelVersion::current().map_err(words("the kernel's version is not understood"))?;
        let mut loaded = EbpfLoader::new()
            .load(&elf::object(&program::copying(source)))
            .map_err(words("no BPF ring buffer"))?;
        let Some(Map::RingBuf(map)) = loaded.take_map(elf::RING) else {
            unreachable!("the object has a ring buffer")
        };
        let Some(Program::RawTracePoint(program)) = loaded.program_mut(elf::PROGRAM) else {
            unreachable!("the object has a program for a tracepoint")
        };
        let unmapped = "the BPF ring buffer cannot be mapped";
        let readable = map.fd().as_fd().try_clone_to_owned();
        let readable = readable.map_err(words(unmapped))?;
        let ring = RingBuf::try_from(Map::RingBuf(map)).map_err(words(unmapped))?;
        program
            .load()
            .map_err(words("the kernel does not take the BPF program"))?;
        let attached = program
            .attach(TRACEPOINT)
            .and_then(|link| program.take_link(link))
            .map_err(words(
                "no BPF program can be attached to irqlink's tracepoint",
            ))?;
        Ok(Interrupts {
            _attached: attached,
            ring,
            readable,
        })
    }

    /// The oldest that was not taken yet. Once there was none, the descriptor becomes readable anew.
    #[inline]
    pub fn take(&mut self) -> Option<Copied> {
        let sample = self.ring.next()?;
        Some(bytemuck::pod_read_unaligned(&sample))
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

/// What is not to be had, and the first cause of it.
fn words<E: Error + 'static>(what: &'static str) -> impl FnOnce(E) -> String {
    move |error| {
        let causes = successors(Some(&error as &dyn Error), |&error| error.source());
        let first = causes.last().map(ToString::to_string);
        format!("{what}: {}", first.unwrap_or_default())
    }
}
