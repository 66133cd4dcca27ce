//! Lets programs in the guest speak to QEMU's monitor: carries lines between the guest's ttyS2 and
//! the QMP socket. The greeting and the negotiation are done here, since the guest is not yet there
//! to take part; from then on the guest sees commands' answers and events, one JSON object a line.
//! Lines that ask for rings are for the lab itself, which answers them in the same manner.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use irqlink_hw_tests::ring::Request;
use serde_json::{Value, json};

use crate::error::{Context, Result};
use crate::ivshmem::Ivshmem;
use crate::qemu::Qemu;

/// Starts to carry; ends with the board.
pub fn start(qemu: &Qemu) -> Result<()> {
    let what = || "cannot speak to QEMU's monitor";
    let mut monitor = qemu.monitor.try_clone().context(what)?;
    let from_monitor = qemu.monitor.try_clone().context(what)?;
    let guest = Guest(Arc::new(Mutex::new(
        qemu.guest_monitor.try_clone().context(what)?,
    )));
    let from_guest = qemu.guest_monitor.try_clone().context(what)?;
    let ivshmem = qemu.ivshmem.clone();
    // Both ends close when QEMU ends; then there is nobody left to tell.
    thread::spawn(move || {
        let mut from_monitor = BufReader::new(from_monitor);
        negotiate(&mut from_monitor, &monitor).and_then(|()| {
            let asked = guest.clone();
            thread::spawn(move || {
                carry(
                    BufReader::new(from_guest),
                    |line| match serde_json::from_slice(line) {
                        Ok(request) => asked.write(&line_of(&ring(ivshmem.as_deref(), request))),
                        Err(_) => monitor.write_all(line),
                    },
                )
            });
            carry(from_monitor, |line| guest.write(line))
        })
    });
    Ok(())
}

/// The guest's end, which hears QEMU and the lab.
#[derive(Clone)]
struct Guest(Arc<Mutex<UnixStream>>);

impl Guest {
    /// Writes one line, whole.
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut port = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        port.write_all(line)
    }
}

/// Rings as asked; gives the answer.
fn ring(ivshmem: Option<&Ivshmem>, request: Request) -> Value {
    let rung = ivshmem
        .ok_or_else(|| io::Error::other("the board has no ivshmem device: use --ivshmem"))
        .and_then(|ivshmem| ivshmem.ring(&request.ring));
    match rung {
        Ok(rung) => json!({"return": rung}),
        Err(e) => json!({"error": {"desc": e.to_string()}}),
    }
}

fn line_of(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

/// Reads the greeting and enters command mode (QEMU: docs/interop/qmp-spec.txt, 2.2 and 4).
fn negotiate(from_monitor: &mut impl BufRead, mut monitor: &UnixStream) -> io::Result<()> {
    let mut line = String::new();
    from_monitor.read_line(&mut line)?;
    monitor.write_all(b"{\"execute\": \"qmp_capabilities\"}\n")?;
    from_monitor.read_line(&mut line)?;
    Ok(())
}

fn carry(from: impl BufRead, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    from.split(b'\n').try_for_each(|line| {
        let mut line = line?;
        line.push(b'\n');
        to(&line)
    })
}

#[cfg(test)]
mod tests {
    use irqlink_hw_tests::ring::Ring;

    use super::*;

    #[test]
    fn rings_are_answered_as_qemu_would() {
        let (ivshmem, _client) = Ivshmem::serve(1).unwrap();
        let ask = |vector| Request {
            ring: Ring::once(vector),
        };
        assert_eq!(ring(Some(&ivshmem), ask(0)), json!({"return": 1}));
        for answer in [ring(Some(&ivshmem), ask(1)), ring(None, ask(0))] {
            assert!(answer["error"]["desc"].is_string(), "{answer}");
        }
    }
}
