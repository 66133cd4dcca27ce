//! Requests that are wrong: each is refused, with a reason, and does no harm.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd};

use irqlink::abi::*;
use irqlink::netlink::{Builder, Socket};
use irqlink::{Access, Agent, Control, Device, Error, Options, Receiver, Start};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("refusal":
        registering_without_the_right_descriptor,
        registering_with_wrong_attributes,
        registering_twice,
        registering_beyond_the_next_event,
        changing_a_source_without_permission,
        asking_for_an_unknown_source,
        reading_into_a_short_buffer,
        mapping_writable_or_too_much,
        seeking_over_what_is_unread,
        triggering_through_a_read_only_file,
        receiving_through_a_write_only_file,
        a_message_that_the_kernel_did_not_send,
    )
}

/// Where /dev/irqlink/edu0 is.
fn path() -> String {
    format!("/dev/irqlink/{SOURCE}")
}

/// Asks the kernel, and expects the error number and the words.
fn refused(request: Builder, errno: Errno, words: &str) -> Outcome {
    let mut buffer = [0; 8192];
    let mut socket = Socket::open()?;
    let answer = socket.request("do this", request, &mut buffer, |_| Ok(()), |_| ());
    match answer {
        Err(Error::Refused {
            errno: given, text, ..
        }) => {
            let text = text.unwrap_or_default();
            ensure!(
                given == errno && text.contains(words),
                "expected {errno:?} {words:?}, got {given:?} {text:?}"
            );
            Ok(())
        }
        other => Err(format!("expected {errno:?} {words:?}, got {other:?}").into()),
    }
}

fn family() -> Result<u16, Failed> {
    Ok(Control::open()?.family().id)
}

fn request(command: u8) -> Result<Builder, Failed> {
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK;
    Ok(Builder::new(
        family()?,
        flags,
        command,
        IRQLINK_FAMILY_VERSION,
    ))
}

fn register(source: u32, fd: i32) -> Result<Builder, Failed> {
    Ok(request(IRQLINK_CMD_AGENT_REGISTER)?
        .u32(IRQLINK_A_EVENT_SOURCE, source)
        .u32(IRQLINK_A_EVENT_FD, fd as u32))
}

fn registering_without_the_right_descriptor() -> Outcome {
    let device = Device::open(SOURCE, Access::Read)?;
    let fd = device.as_fd().as_raw_fd();
    let source = device.source();

    refused(register(source, 9999)?, Errno::EBADF, "not an open")?;
    let null = File::open("/dev/null")?;
    refused(
        register(source, null.as_raw_fd())?,
        Errno::EINVAL,
        "not a file of /dev/irqlink",
    )?;
    let other = Device::open("edu1", Access::Read)?;
    refused(
        register(source, other.as_fd().as_raw_fd())?,
        Errno::EINVAL,
        "another source",
    )?;
    refused(register(4_000_000, fd)?, Errno::ENOENT, "no such source")?;
    let write_only = OpenOptions::new().write(true).open(path())?;
    refused(
        register(source, write_only.as_raw_fd())?,
        Errno::EACCES,
        "not open for this access",
    )
}

fn registering_with_wrong_attributes() -> Outcome {
    let device = Device::open(SOURCE, Access::Read)?;
    let (source, fd) = (device.source(), device.as_fd().as_raw_fd());
    let bare = || request(IRQLINK_CMD_AGENT_REGISTER);

    refused(bare()?, Errno::EINVAL, "give the source's id")?;
    let no_fd = bare()?.u32(IRQLINK_A_EVENT_SOURCE, source);
    refused(no_fd, Errno::EINVAL, "fd of its open file")?;
    let short = bare()?.attribute(IRQLINK_A_EVENT_SOURCE, &[1, 0]);
    refused(short, Errno::EINVAL, "invalid attribute length")?;
    let long = bare()?.attribute(IRQLINK_A_EVENT_SOURCE, &[0; 12]);
    refused(long, Errno::EINVAL, "invalid attribute length")?;
    let unknown = register(source, fd)?.u32(4000, 1);
    refused(unknown, Errno::EINVAL, "Unknown attribute")?;
    let none = register(source, fd)?.u32(IRQLINK_A_EVENT_COUNT, 0);
    refused(none, Errno::ERANGE, "out of range")
}

fn registering_twice() -> Outcome {
    let mut agent = Agent::open(Options::default())?;
    agent.register(SOURCE, Start::Next)?;
    let again = agent.register(SOURCE, Start::Next);
    ensure!(
        matches!(
            again,
            Err(Error::Refused {
                errno: Errno::EEXIST,
                ..
            })
        ),
        "registering twice gave {again:?}"
    );
    // The first registration stands.
    let board = Board::open(SOURCE)?;
    board.raise()?;
    let head = board.head()?;
    exactly(&receive_to(&mut agent, head)?, head, head)?;

    let id = board.device().source();
    agent.unregister(id)?;
    let again = agent.unregister(id);
    ensure!(
        matches!(
            again,
            Err(Error::Refused {
                errno: Errno::ENOENT,
                ..
            })
        ),
        "unregistering twice gave {again:?}"
    );
    Ok(())
}

fn registering_beyond_the_next_event() -> Outcome {
    let head = Board::open(SOURCE)?.head()?;
    let mut agent = Agent::open(Options::default())?;
    let result = agent.register(SOURCE, Start::At(head + 2));
    ensure!(
        matches!(
            result,
            Err(Error::Refused {
                errno: Errno::ERANGE,
                ..
            })
        ),
        "registering beyond the next event gave {result:?}"
    );
    agent.register(SOURCE, Start::At(head + 1))?;
    Ok(())
}

/// A descriptor opened for reading is not enough, even for root.
fn changing_a_source_without_permission() -> Outcome {
    let device = Device::open(SOURCE, Access::Read)?;
    for command in [IRQLINK_CMD_SOURCE_SET, IRQLINK_CMD_TRIGGER] {
        let change = request(command)?
            .u32(IRQLINK_A_SOURCE_ID, device.source())
            .u32(IRQLINK_A_SOURCE_FD, device.as_fd().as_raw_fd() as u32);
        refused(change, Errno::EACCES, "not open for this access")?;
    }
    Ok(())
}

fn asking_for_an_unknown_source() -> Outcome {
    let by_name = request(IRQLINK_CMD_SOURCE_GET)?.string(IRQLINK_A_SOURCE_NAME, "nothing");
    refused(by_name, Errno::ENOENT, "no such source")?;
    let by_nothing = request(IRQLINK_CMD_SOURCE_GET)?;
    refused(by_nothing, Errno::EINVAL, "id or name")?;
    let error = Device::open("nothing", Access::Read).err();
    ensure!(
        matches!(&error, Some(Error::UnknownSource { known, .. }) if known.contains(&SOURCE.to_string())),
        "opening an unknown source gave {error:?}"
    );
    Ok(())
}

fn reading_into_a_short_buffer() -> Outcome {
    let board = Board::open(SOURCE)?;
    let mut file = File::open(path())?;
    board.raise()?;
    let short = file.read(&mut [0; RECORD_SIZE - 1]);
    let errno = short.as_ref().err().and_then(|error| error.raw_os_error());
    ensure!(
        errno == Some(Errno::EINVAL as i32),
        "a read of 63 bytes gave {short:?}"
    );
    // Nothing was taken; and a buffer of one record and a half takes one.
    let length = file.read(&mut [0; RECORD_SIZE * 3 / 2])?;
    ensure!(length == RECORD_SIZE, "a read gave {length} bytes");
    Ok(())
}

fn mapping_writable_or_too_much() -> Outcome {
    let file = OpenOptions::new().read(true).write(true).open(path())?;
    let size = Board::open(SOURCE)?.device().info()?.map_size as usize;
    let map = |size: usize, protection: ProtFlags, offset: i64| {
        let size = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping at an address of the kernel's choice, removed at once.
        unsafe {
            let at = mmap(None, size, protection, MapFlags::MAP_SHARED, &file, offset)?;
            munmap(at, size.get())
        }
    };
    let readable = ProtFlags::PROT_READ;
    let writable = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    for (what, result, expected) in [
        ("all of it", map(size, readable, 0), Ok(())),
        ("writable", map(size, writable, 0), Err(Errno::EACCES)),
        (
            "too much",
            map(size + 4096, readable, 0),
            Err(Errno::EINVAL),
        ),
        ("not from 0", map(4096, readable, 4096), Err(Errno::EINVAL)),
    ] {
        ensure!(result == expected, "mapping {what} gave {result:?}");
    }
    Ok(())
}

fn seeking_over_what_is_unread() -> Outcome {
    let board = Board::open(SOURCE)?;
    let device = Device::open(SOURCE, Access::Read)?;
    let next = device.info()?.next;
    board.raise_many(3)?;
    let over = device.seek(Start::At(next + 1));
    ensure!(
        matches!(
            over,
            Err(Error::Refused {
                errno: Errno::EINVAL,
                ..
            })
        ),
        "seeking over unread events gave {over:?}"
    );
    device.seek(Start::At(next))?;
    ensure!(device.info()?.next == next, "the cursor moved");
    Ok(())
}

fn triggering_through_a_read_only_file() -> Outcome {
    let board = Board::open(SOURCE)?;
    let head = board.head()?;
    let result = Device::open(SOURCE, Access::Read)?.trigger();
    ensure!(result.is_err(), "a read-only file could trigger");
    ensure!(board.head()? == head, "the interrupt was raised");
    Ok(())
}

/// Who may only write, to trigger, sees no event.
fn receiving_through_a_write_only_file() -> Outcome {
    let file = OpenOptions::new().write(true).open(path())?;
    let mut record = [0_u8; size_of::<Record>()];
    for request in [IRQLINK_IOC_WAIT, IRQLINK_IOC_SEEK] {
        // SAFETY: the kernel reads a u64 or writes a record, and there is room for either.
        let refused = unsafe { libc::ioctl(file.as_raw_fd(), request, record.as_mut_ptr()) };
        ensure!(
            Errno::result(refused) == Err(Errno::EBADF),
            "a write-only file was taken for {request:#x}"
        );
    }
    Ok(())
}

/// Another process may send to an agent's port: that is ignored, and counted.
fn a_message_that_the_kernel_did_not_send() -> Outcome {
    let board = Board::open(SOURCE)?;
    let first = board.head()? + 1;
    let mut agent = Agent::open(Options::default())?;
    agent.register(SOURCE, Start::Next)?;

    let forged = Record {
        seq: first,
        source: board.device().source(),
        ..Record::default()
    };
    let message = Builder::new(family()?, 0, IRQLINK_CMD_EVENT, IRQLINK_FAMILY_VERSION)
        .attribute(IRQLINK_A_EVENT_RECORD, bytemuck::bytes_of(&forged))
        .finish(0);
    let stranger = generic_socket()?;
    sendto(
        stranger.as_raw_fd(),
        &message,
        &NetlinkAddr::new(agent.port(), 0),
        MsgFlags::empty(),
    )?;

    let nothing = drain(&mut agent)?;
    ensure!(nothing.is_empty(), "the agent believed {nothing:?}");
    ensure!(agent.foreign() == 1, "counted {} messages", agent.foreign());
    board.raise()?;
    exactly(&receive_to(&mut agent, first)?, first, first)?;
    ensure!(
        agent.drain(&mut |_| {})? == irqlink::Progress::Drained,
        "the agent ended"
    );
    Ok(())
}

fn generic_socket() -> Result<std::os::fd::OwnedFd, Failed> {
    use std::os::fd::{FromRawFd, OwnedFd};
    // SAFETY: a plain system call; its result is checked before it is owned.
    unsafe {
        let fd = libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC);
        Ok(OwnedFd::from_raw_fd(Errno::result(fd)?))
    }
}
