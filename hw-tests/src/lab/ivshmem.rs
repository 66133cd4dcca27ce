//! An ivshmem server with one client, QEMU's `ivshmem-doorbell` device; and the ringer of that
//! device's vectors. All that the server has to say is said before QEMU starts (QEMU:
//! docs/specs/ivshmem-spec.rst, "Client-Server protocol").

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::ftruncate;

use irqlink_hw_tests::ring::Ring;

use crate::error::{Context, Result};

/// Version of the protocol.
const VERSION: i64 = 0;
/// The client's number among its peers; it has none.
const CLIENT: i64 = 0;
/// In place of a peer's number: what comes is the shared memory.
const MEMORY: i64 = -1;
/// Bytes of the shared memory, which nothing uses; a power of two, since it is a BAR.
const MEMORY_SIZE: i64 = 4096;

/// The vectors of a device, seen from outside the board.
pub struct Ivshmem {
    vectors: Vec<EventFd>,
    /// The device takes a closed one for the end of its server.
    _server: UnixStream,
}

impl Ivshmem {
    /// A server for a device with that many vectors, and the device's end of the socket.
    pub fn serve(vectors: u16) -> Result<(Ivshmem, UnixStream)> {
        let serve = || -> io::Result<_> {
            let (server, client) = UnixStream::pair()?;
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            let vectors = (0..vectors)
                .map(|_| EventFd::from_value_and_flags(0, flags))
                .collect::<nix::Result<Vec<_>>>()?;
            greet(&server, &vectors)?;
            Ok((
                Ivshmem {
                    vectors,
                    _server: server,
                },
                client,
            ))
        };
        serve().context(|| "cannot serve an ivshmem device")
    }

    /// Rings; gives how often.
    ///
    /// # Errors
    /// Where there is no such vector.
    pub fn ring(&self, ring: &Ring) -> io::Result<u64> {
        let vector = self.vectors.get(ring.vector).ok_or_else(|| {
            let count = self.vectors.len();
            io::Error::other(format!(
                "there is no vector {}: the device has {count}, from 0",
                ring.vector
            ))
        })?;
        let deadline = Instant::now() + Duration::from_millis(ring.limit_ms);
        let mut rung = 0;
        while (ring.count == 0 || rung < ring.count) && Instant::now() < deadline {
            vector.write(1)?;
            rung += 1;
            if ring.interval_us > 0 {
                thread::sleep(Duration::from_micros(ring.interval_us));
            }
        }
        Ok(rung)
    }
}

/// All that the client needs to know.
fn greet(server: &UnixStream, vectors: &[EventFd]) -> io::Result<()> {
    let memory = memfd_create(c"ivshmem", MFdFlags::MFD_CLOEXEC)?;
    ftruncate(&memory, MEMORY_SIZE)?;
    send(server, VERSION, None)?;
    send(server, CLIENT, None)?;
    send(server, MEMORY, Some(memory.as_raw_fd()))?;
    vectors
        .iter()
        .try_for_each(|vector| send(server, CLIENT, Some(vector.as_raw_fd())))
}

/// One message: a number of 8 bytes, little-endian, and perhaps a file descriptor.
fn send(server: &UnixStream, number: i64, fd: Option<RawFd>) -> io::Result<()> {
    let bytes = number.to_le_bytes();
    let fds: Vec<RawFd> = fd.into_iter().collect();
    let rights = [ControlMessage::ScmRights(&fds)];
    let rights = if fds.is_empty() { &[] } else { &rights[..] };
    sendmsg::<()>(
        server.as_raw_fd(),
        &[IoSlice::new(&bytes)],
        rights,
        MsgFlags::empty(),
        None,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::IoSliceMut;
    use std::os::fd::{FromRawFd, OwnedFd};

    use nix::errno::Errno;
    use nix::sys::socket::{ControlMessageOwned, recvmsg};

    use super::*;

    /// The next message, as the device reads it.
    fn receive(client: &UnixStream) -> ([u8; 8], Option<OwnedFd>) {
        let mut bytes = [0; 8];
        let mut space = nix::cmsg_space!([RawFd; 2]);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<()>(client.as_raw_fd(), &mut slices, Some(&mut space), flags).unwrap();
        assert_eq!(message.bytes, 8);
        let mut fds = Vec::new();
        for control in message.cmsgs().unwrap() {
            if let ControlMessageOwned::ScmRights(more) = control {
                fds.extend(more);
            }
        }
        assert!(fds.len() <= 1, "{fds:?}");
        // SAFETY: the kernel has just made the descriptor, and nobody else has it.
        let fd = fds.first().map(|&fd| unsafe { OwnedFd::from_raw_fd(fd) });
        (bytes, fd)
    }

    #[test]
    fn the_device_is_told_version_number_memory_and_vectors() {
        let (_server, client) = Ivshmem::serve(2).unwrap();
        for _ in ["version", "number"] {
            let (bytes, fd) = receive(&client);
            assert_eq!((bytes, fd.is_none()), ([0; 8], true));
        }
        let (bytes, memory) = receive(&client);
        assert_eq!(bytes, [0xff; 8]);
        let memory = File::from(memory.unwrap());
        assert_eq!(memory.metadata().unwrap().len(), 4096);
        for _vector in 0..2 {
            let (bytes, fd) = receive(&client);
            assert_eq!((bytes, fd.is_some()), ([0; 8], true));
        }
        let mut rest = [0; 8];
        let nothing = nix::sys::socket::recv(client.as_raw_fd(), &mut rest, MsgFlags::MSG_DONTWAIT);
        assert_eq!(nothing, Err(Errno::EAGAIN));
    }

    #[test]
    fn a_ring_reaches_its_vector_only() {
        let (server, client) = Ivshmem::serve(2).unwrap();
        let fds: Vec<_> = (0..5).filter_map(|_| receive(&client).1).collect();
        let ring = Ring {
            count: 3,
            ..Ring::once(1)
        };
        assert_eq!(server.ring(&ring).unwrap(), 3);
        let mut count = [0; 8];
        assert_eq!(nix::unistd::read(&fds[2], &mut count), Ok(8));
        assert_eq!(u64::from_ne_bytes(count), 3);
        assert_eq!(nix::unistd::read(&fds[1], &mut count), Err(Errno::EAGAIN));
    }

    #[test]
    fn a_storm_ends_by_itself() {
        let (server, _client) = Ivshmem::serve(1).unwrap();
        assert!(server.ring(&Ring::storm(0, 1)).unwrap() > 0);
        assert_eq!(server.ring(&Ring::storm(0, 0)).unwrap(), 0);
    }

    #[test]
    fn a_vector_that_is_not_there_is_refused() {
        let (server, _client) = Ivshmem::serve(2).unwrap();
        let error = server.ring(&Ring::once(2)).unwrap_err();
        assert!(error.to_string().contains("no vector 2"), "{error}");
    }
}
