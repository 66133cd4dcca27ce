//! The system call bpf(2).

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;

use super::program::Instruction;

// Commands, map and program types (kernel: include/uapi/linux/bpf.h).
const MAP_CREATE: i32 = 0;
const PROG_LOAD: i32 = 5;
const RAW_TRACEPOINT_OPEN: i32 = 17;
const MAP_TYPE_RINGBUF: u32 = 27;
const PROG_TYPE_RAW_TRACEPOINT: u32 = 17;

/// Beginnings of `union bpf_attr`; the kernel takes what is not there for zeroes.
#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

#[repr(C)]
struct ProgLoad {
    prog_type: u32,
    instructions: u32,
    program: u64,
    license: u64,
}

#[repr(C)]
struct RawTracepointOpen {
    name: u64,
    program: u32,
    reserved: u32,
}

/// # Safety
/// The attributes are those of the command, and what they point to lives.
unsafe fn bpf<T>(command: i32, attributes: &T) -> io::Result<OwnedFd> {
    let pointer: *const T = attributes;
    // SAFETY: the kernel reads that many bytes; the rest is the caller's.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, pointer, size_of::<T>()) };
    let fd = Errno::result(result)?;
    // SAFETY: these commands give a new descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// A ring buffer of `size` bytes.
///
/// # Errors
/// The system's.
pub fn ring_buffer(size: usize) -> io::Result<OwnedFd> {
    let attributes = MapCreate {
        map_type: MAP_TYPE_RINGBUF,
        key_size: 0,
        value_size: 0,
        max_entries: size as u32,
    };
    // SAFETY: they are those of MAP_CREATE, and point to nothing.
    unsafe { bpf(MAP_CREATE, &attributes) }
}

/// A program for a tracepoint.
///
/// # Errors
/// The system's.
pub fn load(program: &[Instruction]) -> io::Result<OwnedFd> {
    const LICENSE: &CStr = c"Dual MIT/GPL";
    let attributes = ProgLoad {
        prog_type: PROG_TYPE_RAW_TRACEPOINT,
        instructions: program.len() as u32,
        program: program.as_ptr() as u64,
        license: LICENSE.as_ptr() as u64,
    };
    // SAFETY: they are those of PROG_LOAD, and point to what outlives the call.
    unsafe { bpf(PROG_LOAD, &attributes) }
}

/// Runs the program at a tracepoint for as long as the descriptor is open.
///
/// # Errors
/// The system's.
pub fn attach(tracepoint: &CStr, program: &OwnedFd) -> io::Result<OwnedFd> {
    let attributes = RawTracepointOpen {
        name: tracepoint.as_ptr() as u64,
        program: program.as_raw_fd() as u32,
        reserved: 0,
    };
    // SAFETY: they are those of RAW_TRACEPOINT_OPEN, and point to what outlives the call.
    unsafe { bpf(RAW_TRACEPOINT_OPEN, &attributes) }
}
