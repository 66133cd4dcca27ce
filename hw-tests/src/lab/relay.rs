//! Lets programs in the guest speak to QEMU's monitor: carries lines between the guest's ttyS2 and
//! the QMP socket. The greeting and the negotiation are done here, since the guest is not yet there
//! to take part; from then on the guest sees commands' answers and events, one JSON object a line.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use crate::error::{Context, Result};
use crate::qemu::Qemu;

/// Starts to carry; ends with the board.
pub fn start(qemu: &Qemu) -> Result<()> {
    let what = || "cannot speak to QEMU's monitor";
    let monitor = qemu.monitor.try_clone().context(what)?;
    let from_monitor = qemu.monitor.try_clone().context(what)?;
    let guest = qemu.guest_monitor.try_clone().context(what)?;
    let from_guest = qemu.guest_monitor.try_clone().context(what)?;
    // Both ends close when QEMU ends; then there is nobody left to tell.
    thread::spawn(move || {
        let mut from_monitor = BufReader::new(from_monitor);
        negotiate(&mut from_monitor, &monitor).and_then(|()| {
            thread::spawn(move || carry(BufReader::new(from_guest), monitor));
            carry(from_monitor, guest)
        })
    });
    Ok(())
}

/// Reads the greeting and enters command mode (QEMU: docs/interop/qmp-spec.txt, 2.2 and 4).
fn negotiate(from_monitor: &mut impl BufRead, mut monitor: &UnixStream) -> io::Result<()> {
    let mut line = String::new();
    from_monitor.read_line(&mut line)?;
    monitor.write_all(b"{\"execute\": \"qmp_capabilities\"}\n")?;
    from_monitor.read_line(&mut line)?;
    Ok(())
}

fn carry(from: impl BufRead, mut to: UnixStream) -> io::Result<()> {
    from.split(b'\n').try_for_each(|line| {
        let mut line = line?;
        line.push(b'\n');
        to.write_all(&line)
    })
}
