//! A generic netlink socket that talks to the kernel and to nobody else.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, getsockname,
    getsockopt, sendto, setsockopt, socket, sockopt,
};

use super::{Builder, Generic, Message, Messages};
use crate::error::{Error, Result};
use crate::sys;

/// Longest wait for the kernel's answer, which it gives before `sendto` returns, unless the
/// receive buffer has no room; then it never does.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The socket. Non-blocking, closed on exec.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    port: u32,
    /// Port whose messages count; the kernel's is 0.
    peer: u32,
    sequence: u32,
    foreign: u64,
}

impl Socket {
    /// Opens and binds a `NETLINK_GENERIC` socket.
    ///
    /// # Errors
    /// The system's, if it cannot be opened or bound.
    pub fn open() -> Result<Self> {
        Self::with_protocol(SockProtocol::NetlinkGeneric, 0)
    }

    /// A socket of any netlink protocol; `peer` is the port that it listens to.
    pub(crate) fn with_protocol(protocol: SockProtocol, peer: u32) -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)
            .map_err(Error::system("open a netlink socket"))?;
        for option in [
            libc::NETLINK_NO_ENOBUFS,
            libc::NETLINK_EXT_ACK,
            libc::NETLINK_CAP_ACK,
            libc::NETLINK_GET_STRICT_CHK,
        ] {
            sys::set_netlink_option(&fd, option, 1)
                .map_err(Error::system("set a netlink socket option"))?;
        }
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0))
            .map_err(Error::system("bind a netlink socket"))?;
        let address: NetlinkAddr =
            getsockname(fd.as_raw_fd()).map_err(Error::system("read a netlink socket's port"))?;
        Ok(Socket {
            fd,
            port: address.pid(),
            peer,
            sequence: 0,
            foreign: 0,
        })
    }

    /// The socket's own port, by which the kernel addresses it.
    pub fn port(&self) -> u32 {
        self.port
    }

    /// Messages so far that did not come from the kernel; each was ignored.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Sets the receive buffer to `bytes`, beyond `net.core.rmem_max` if the process may
    /// (`SO_RCVBUFFORCE`). Returns the size in effect; the kernel doubles what is asked.
    ///
    /// # Errors
    /// The system's.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<usize> {
        setsockopt(&self.fd, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&self.fd, sockopt::RcvBuf, &bytes))
            .and_then(|()| getsockopt(&self.fd, sockopt::RcvBuf))
            .map_err(Error::system("set the receive buffer"))
    }

    /// Joins a multicast group.
    ///
    /// # Errors
    /// The system's.
    pub fn join(&self, group: u32) -> Result<()> {
        sys::set_netlink_option(&self.fd, libc::NETLINK_ADD_MEMBERSHIP, group)
            .map_err(Error::system("join a multicast group"))
    }

    /// Receives a datagram from the kernel; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the datagram is larger than the buffer; else the system's.
    #[inline]
    pub fn receive<'b>(&mut self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>> {
        let length = loop {
            match sys::receive_from(&self.fd, buffer) {
                Ok((length, port)) if port == self.peer => break length,
                Ok(_) => self.foreign += 1,
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(Error::system("receive from netlink")(errno)),
            }
        };
        match buffer.get(..length) {
            Some(datagram) => Ok(Some(datagram)),
            None => Err(Error::Truncated {
                length,
                buffer: buffer.len(),
            }),
        }
    }

    /// Receives from any port: a test's part of the kernel does not know who will ask.
    #[cfg(test)]
    pub(crate) fn receive_from_anyone<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let (length, _) = sys::receive_from(&self.fd, buffer).ok()?;
        buffer.get(..length)
    }

    /// Sends a request and hands each message that answers it to `reply`, until the kernel
    /// acknowledges it or ends the dump; one reply is enough if the request asks for neither.
    /// Every other datagram that comes in the meantime goes
    /// to `other`. `doing` names the request in errors.
    ///
    /// # Errors
    /// [`Error::Refused`] with the kernel's words, [`Error::NoReply`], those of
    /// [`receive`](Self::receive), and what `reply` returns.
    pub fn request(
        &mut self,
        doing: &'static str,
        request: Builder,
        buffer: &mut [u8],
        mut reply: impl FnMut(Generic<'_>) -> Result<()>,
        mut other: impl FnMut(&[u8]),
    ) -> Result<()> {
        let one_reply = request.wants_one_reply();
        let sequence = self.send(request)?;
        let mut deadline = Instant::now() + PATIENCE;
        loop {
            let Some(datagram) = self.receive(buffer)? else {
                self.wait(deadline, doing)?;
                continue;
            };
            let mut answers = false;
            for message in Messages::new(datagram) {
                let message = message?;
                if message.sequence != sequence {
                    other(datagram);
                    break;
                }
                if let libc::NLMSG_ERROR | libc::NLMSG_DONE = i32::from(message.kind) {
                    return outcome(doing, &message);
                }
                reply(message.generic()?)?;
                if one_reply {
                    return Ok(());
                }
                answers = true;
            }
            // Other messages may come without end; an answer that has begun goes on.
            if answers {
                deadline = Instant::now() + PATIENCE;
            } else if Instant::now() > deadline {
                return Err(Error::NoReply { doing });
            }
        }
    }

    /// Sends a request to the kernel. Returns its sequence number, which is never 0.
    fn send(&mut self, request: Builder) -> Result<u32> {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let message = request.finish(self.sequence);
        let kernel = NetlinkAddr::new(self.peer, 0);
        let fd = self.fd.as_raw_fd();
        sendto(fd, &message, &kernel, MsgFlags::empty())
            .map_err(Error::system("send to netlink"))?;
        Ok(self.sequence)
    }

    fn wait(&self, deadline: Instant, doing: &'static str) -> Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) => Err(Error::NoReply { doing }),
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(Error::system("wait for netlink")(errno)),
        }
    }
}

/// What an acknowledgement or the end of a dump tells.
fn outcome(doing: &'static str, message: &Message<'_>) -> Result<()> {
    match message.outcome()? {
        (0, _) => Ok(()),
        (errno, text) => Err(Error::Refused {
            doing,
            errno: Errno::from_raw(errno),
            text: text.map(str::to_owned),
        }),
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
