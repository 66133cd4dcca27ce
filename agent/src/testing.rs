//! What the tests share: an allocator that counts, and a socket that plays the kernel.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};

use crate::netlink::Socket;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Heap allocations that this thread makes in `work`.
pub(crate) fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

/// Sends a datagram from one socket to another.
pub(crate) fn send(from: &Socket, to: &Socket, datagram: &[u8]) {
    send_to_port(from, to.port(), datagram);
}

/// Sends a datagram from a socket to a port.
pub(crate) fn send_to_port(from: &Socket, port: u32, datagram: &[u8]) {
    let address = NetlinkAddr::new(port, 0);
    sendto(
        from.as_fd().as_raw_fd(),
        datagram,
        &address,
        MsgFlags::empty(),
    )
    .unwrap();
}
