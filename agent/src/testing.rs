//! What the tests share: an allocator that counts, and stand-ins for the kernel's part.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};

use crate::abi::Record;
use crate::device::Device;
use crate::error::Result;
use crate::event::Event;
use crate::netlink::{Builder, Messages, Socket};
use crate::receiver::{Progress, Receiver};

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

/// A device file for tests, and the end that feeds it: a pipe.
pub(crate) fn device_and_feed() -> (Device, OwnedFd) {
    let (device, feed) = nix::unistd::pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    (Device::of_descriptor(device), feed)
}

/// Records of source 1 with these sequence numbers.
pub(crate) fn records(sequences: impl IntoIterator<Item = u64>) -> Vec<Record> {
    let record = |seq| Record {
        seq,
        source: 1,
        time_ns: 1000 + seq,
        ..Record::default()
    };
    sequences.into_iter().map(record).collect()
}

/// Writes records to a feed.
pub(crate) fn feed(to: &OwnedFd, records: &[Record]) {
    let bytes = bytemuck::cast_slice(records);
    assert_eq!(nix::unistd::write(to, bytes).unwrap(), bytes.len());
}

/// What `put` adds to a request: kind and value of each attribute.
pub(crate) fn attributes(put: impl FnOnce(Builder) -> Builder) -> Vec<(u16, Vec<u8>)> {
    let request = put(Builder::new(20, 0, 1, 1)).finish(1);
    let message = Messages::new(&request).next().unwrap().unwrap();
    let attributes = message.generic().unwrap().attributes.map(Result::unwrap);
    attributes
        .map(|one| (one.kind, one.value.to_vec()))
        .collect()
}

/// What one drain hands over: a line for each event.
pub(crate) fn drain(receiver: &mut dyn Receiver) -> (Vec<String>, Result<Progress>) {
    let mut events = Vec::new();
    let progress = receiver.drain(&mut |event| events.push(line(event)));
    (events, progress)
}

/// An event in short.
pub(crate) fn line(event: Event<'_>) -> String {
    match event {
        Event::Interrupt(record) => format!("{} at {}", record.seq, record.time_ns),
        Event::Lost {
            source,
            first,
            last,
        } => format!("{source} lost {first}..{last}"),
        Event::Gone { source } => format!("{source} gone"),
    }
}
