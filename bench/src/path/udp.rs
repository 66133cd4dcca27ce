//! Baseline: UDP over the loopback, sent by the kernel.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use irqlink::abi::Record;
use irqlink::{Event, Progress};

use super::bench_module::{self, Following};
use super::on_mio::{Drain, OnMio};
use super::own::Own;
use crate::error::{Error, Result};

pub const PATH: Own = Own {
    missing: || bench_module::missing().or_else(no_loopback),
    many: false,
    ..Own::new(
        "udp",
        "baseline: UDP over the loopback, sent by the kernel: epoll_wait, recv",
        |source| Ok(Box::new(OnMio::new(Datagrams::open(source)?)?)),
    )
};

fn no_loopback() -> Option<String> {
    let why = |error| format!("the loopback is not up (ip link set lo up): {error}");
    socket().err().map(why)
}

fn socket() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The events of a source, a datagram each.
struct Datagrams {
    socket: UdpSocket,
    _following: Following,
}

impl Datagrams {
    fn open(source: &str) -> Result<Self> {
        let failed = Error::system("open a UDP socket");
        let (socket, port) = socket()
            .and_then(|socket| {
                let port = socket.local_addr()?.port();
                Ok((socket, port))
            })
            .map_err(failed)?;
        Ok(Datagrams {
            socket,
            _following: Following::begin("udp", &format!("{source} {port}"))?,
        })
    }
}

impl Drain for Datagrams {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        let mut record = Record::default();
        loop {
            match self.socket.recv(bytemuck::bytes_of_mut(&mut record)) {
                Ok(_) => handler(Event::from(&record)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Progress::Drained);
                }
                Err(error) => return Err(Error::system("receive a datagram")(error)),
            }
        }
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
