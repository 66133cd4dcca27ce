//! The loopback, which a system has up.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// Brings it up, if the kernel has a network.
pub fn up() -> Result<(), String> {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    );
    let outcome = match socket {
        Err(Errno::EAFNOSUPPORT) => return Ok(()),
        Err(errno) => Err(errno.into()),
        Ok(socket) => set_flags(&socket),
    };
    outcome.map_err(|e| format!("cannot bring the loopback up: {e}"))
}

fn set_flags(socket: &OwnedFd) -> io::Result<()> {
    // SAFETY: zeroes are a valid ifreq, which is then filled.
    let mut request: libc::ifreq = unsafe { zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the request is of the type that SIOCSIFFLAGS reads (netdevice(7)).
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &request) };
    Ok(Errno::result(result).map(drop)?)
}
