//! System calls that nix does not wrap, or wraps at a cost on the hot path.

use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd};

use nix::Result;
use nix::errno::Errno;
use nix::sys::signal::SigSet;

use crate::abi::{Info, Record};

/// Sets an option of level `SOL_NETLINK`.
pub(crate) fn set_netlink_option(fd: &impl AsFd, option: i32, value: u32) -> Result<()> {
    // SAFETY: the pointer and length describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            libc::SOL_NETLINK,
            option,
            (&raw const value).cast(),
            size_of::<u32>() as libc::socklen_t,
        )
    };
    Errno::result(result).map(drop)
}

// The calls on the hot path go to the kernel directly: the C library's are cancellation points,
// which a program with several threads pays for at each call.

/// Receives a netlink datagram without waiting. Returns its full length, which may exceed the
/// buffer, and the sender's port.
#[inline]
pub(crate) fn receive_from(fd: &impl AsFd, buffer: &mut [u8]) -> Result<(usize, u32)> {
    let mut address = MaybeUninit::<libc::sockaddr_nl>::zeroed();
    let mut address_length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
    // SAFETY: buffer and address are writable for the lengths given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_recvfrom,
            fd.as_fd().as_raw_fd(),
            buffer.as_mut_ptr(),
            buffer.len(),
            libc::MSG_DONTWAIT | libc::MSG_TRUNC,
            address.as_mut_ptr(),
            &raw mut address_length,
        )
    };
    let length = Errno::result(result)? as usize;
    // SAFETY: every bit pattern is a sockaddr_nl, and it was zeroed.
    let address = unsafe { address.assume_init() };
    Ok((length, address.nl_pid))
}

/// `read` into records; the number of bytes.
#[inline]
pub(crate) fn read_records(fd: &impl AsFd, records: &mut [Record]) -> Result<usize> {
    // SAFETY: the records are writable for the length given, and any bytes make a record.
    let result = unsafe {
        libc::syscall(
            libc::SYS_read,
            fd.as_fd().as_raw_fd(),
            records.as_mut_ptr(),
            size_of_val(records),
        )
    };
    Errno::result(result).map(|length| length as usize)
}

mod ioctls {
    use crate::abi::*;

    nix::ioctl_read_bad!(info, IRQLINK_IOC_INFO, Info);
    nix::ioctl_write_ptr_bad!(seek, IRQLINK_IOC_SEEK, u64);
    nix::ioctl_write_ptr_bad!(eventfd, IRQLINK_IOC_EVENTFD, i32);
    nix::ioctl_none_bad!(trigger, IRQLINK_IOC_TRIGGER);
    nix::ioctl_none_bad!(ack, IRQLINK_IOC_ACK);
    nix::ioctl_read_bad!(wait, IRQLINK_IOC_WAIT, Record);
}

/// `IRQLINK_IOC_INFO`.
pub(crate) fn info(fd: &impl AsFd) -> Result<Info> {
    let mut info = Info::default();
    // SAFETY: the kernel writes one struct irqlink_info, and any bytes are a valid one.
    unsafe { ioctls::info(fd.as_fd().as_raw_fd(), &mut info) }?;
    Ok(info)
}

/// `IRQLINK_IOC_SEEK`.
pub(crate) fn seek(fd: &impl AsFd, sequence: u64) -> Result<()> {
    // SAFETY: the kernel reads one 64-bit word.
    unsafe { ioctls::seek(fd.as_fd().as_raw_fd(), &sequence) }.map(drop)
}

/// `IRQLINK_IOC_EVENTFD`; -1 for none.
pub(crate) fn set_eventfd(fd: &impl AsFd, eventfd: i32) -> Result<()> {
    // SAFETY: the kernel reads one 32-bit word.
    unsafe { ioctls::eventfd(fd.as_fd().as_raw_fd(), &eventfd) }.map(drop)
}

/// `IRQLINK_IOC_TRIGGER`.
#[inline]
pub(crate) fn trigger(fd: &impl AsFd) -> Result<()> {
    // SAFETY: the request has no argument.
    unsafe { ioctls::trigger(fd.as_fd().as_raw_fd()) }.map(drop)
}

/// `IRQLINK_IOC_ACK`.
#[inline]
pub(crate) fn ack(fd: &impl AsFd) -> Result<()> {
    // SAFETY: the request has no argument.
    unsafe { ioctls::ack(fd.as_fd().as_raw_fd()) }.map(drop)
}

/// `IRQLINK_IOC_WAIT`.
#[inline]
pub(crate) fn wait(fd: &impl AsFd) -> Result<Record> {
    let mut record = Record::default();
    // SAFETY: the kernel writes one struct irqlink_record, and any bytes are a valid one.
    unsafe { ioctls::wait(fd.as_fd().as_raw_fd(), &mut record) }?;
    Ok(record)
}

/// Has the kernel send `signal` to the calling thread whenever the file becomes readable.
pub(crate) fn send_signal_to_this_thread(fd: &impl AsFd, signal: i32) -> Result<()> {
    #[repr(C)]
    struct Owner {
        kind: i32,
        id: libc::pid_t,
    }
    const F_SETSIG: i32 = 10;
    const F_SETOWN_EX: i32 = 15;
    const F_OWNER_TID: i32 = 0;

    let fd = fd.as_fd().as_raw_fd();
    let owner = Owner {
        kind: F_OWNER_TID,
        id: nix::unistd::gettid().as_raw(),
    };
    // SAFETY: `owner` has the layout of struct f_owner_ex (asm-generic/fcntl.h).
    Errno::result(unsafe { libc::fcntl(fd, F_SETOWN_EX, &raw const owner) })?;
    // SAFETY: the arguments are integers.
    Errno::result(unsafe { libc::fcntl(fd, F_SETSIG, signal) })?;
    // SAFETY: the command has no argument.
    let flags = Errno::result(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    // SAFETY: the arguments are integers.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_ASYNC) }).map(drop)
}

/// Has the calling thread scheduled as `SCHED_FIFO` with this priority.
pub(crate) fn set_fifo(priority: i32) -> Result<()> {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: `parameters` outlives the call; 0 is the calling thread.
    Errno::result(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameters) }).map(drop)
}

/// Scheduling policy and priority of the calling thread.
pub(crate) fn scheduler() -> Result<(i32, i32)> {
    let mut parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the call has no pointer argument; 0 is the calling thread.
    let policy = Errno::result(unsafe { libc::sched_getscheduler(0) })?;
    // SAFETY: `parameters` is writable.
    Errno::result(unsafe { libc::sched_getparam(0, &mut parameters) })?;
    Ok((policy, parameters.sched_priority))
}

/// A set of signals, which may be real-time ones; nix knows only the others by name.
pub(crate) fn signal_set(signals: &[i32]) -> Result<SigSet> {
    let mut set = *SigSet::empty().as_ref();
    for signal in signals {
        // SAFETY: `set` is an initialised set.
        Errno::result(unsafe { libc::sigaddset(&mut set, *signal) })?;
    }
    // SAFETY: `set` is an initialised set.
    Ok(unsafe { SigSet::from_sigset_t_unchecked(set) })
}
