//! QEMU's monitor, as the guest reaches it through the lab (QEMU: docs/interop/qmp-spec.txt).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{self, FlushArg, SetArg};
use serde_json::{Value, json};

use irqlink_hw_tests::job::{QMP_PORT, SPARE_PORT};
use irqlink_hw_tests::ring::{Request, Ring};

/// How long QEMU may take to answer, and a device to go.
const LIMIT: Duration = Duration::from_secs(30);

/// The open monitor. Only one at a time.
pub struct Qmp {
    port: File,
    /// Bytes that came and are no whole line yet.
    rest: Vec<u8>,
    /// Events that came while an answer was awaited.
    events: Vec<Value>,
}

impl Qmp {
    /// Opens the monitor. Events that came before are lost.
    pub fn open() -> io::Result<Qmp> {
        let port = OpenOptions::new().read(true).write(true).open(QMP_PORT)?;
        let mut mode = termios::tcgetattr(&port)?;
        termios::cfmakeraw(&mut mode);
        termios::tcsetattr(&port, SetArg::TCSANOW, &mode)?;
        termios::tcflush(&port, FlushArg::TCIFLUSH)?;
        Ok(Qmp {
            port,
            rest: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Plugs a device into the spare port, which QEMU then calls `id`. The kernel finds it some time later.
    pub fn plug(&mut self, driver: &str, id: &str) -> io::Result<()> {
        // A program to run at boot comes too late.
        let device = json!({"driver": driver, "id": id, "bus": SPARE_PORT, "romfile": ""});
        self.execute("device_add", device).map(drop)
    }

    /// Unplugs the device that QEMU calls `id` (`edu0` for the first at boot), and waits until the
    /// kernel has let it go.
    pub fn unplug(&mut self, id: &str) -> io::Result<()> {
        self.execute("device_del", json!({"id": id}))?;
        self.event(|event| event["event"] == "DEVICE_DELETED" && event["data"]["device"] == id)
            .map(drop)
    }

    /// Executes a command; gives what it returns.
    pub fn execute(&mut self, command: &str, arguments: Value) -> io::Result<Value> {
        let request = json!({"execute": command, "arguments": arguments});
        self.ask(command, &request.to_string(), LIMIT)
    }

    /// Has the lab ring a vector of the `ivshmem-doorbell` device; gives how often it did.
    pub fn ring(&mut self, ring: Ring) -> io::Result<u64> {
        let request = serde_json::to_string(&Request { ring })?;
        let limit = LIMIT + Duration::from_millis(ring.limit_ms);
        let rung = self.ask("ring", &request, limit)?;
        rung.as_u64()
            .ok_or_else(|| io::Error::other(format!("the lab answered {rung}")))
    }

    /// Sends a line; gives what comes in return within `limit`.
    fn ask(&mut self, what: &str, request: &str, limit: Duration) -> io::Result<Value> {
        self.port.write_all(format!("{request}\n").as_bytes())?;
        let deadline = Instant::now() + limit;
        loop {
            let mut message = self.message(deadline)?;
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
            if let Some(error) = message.get("error") {
                return Err(io::Error::other(format!("QEMU: {what}: {}", error["desc"])));
            }
            self.events.push(message);
        }
    }

    /// Waits for an event.
    pub fn event(&mut self, is_it: impl Fn(&Value) -> bool) -> io::Result<Value> {
        if let Some(index) = self.events.iter().position(&is_it) {
            return Ok(self.events.remove(index));
        }
        let deadline = Instant::now() + LIMIT;
        loop {
            let message = self.message(deadline)?;
            if is_it(&message) {
                return Ok(message);
            }
            self.events.push(message);
        }
    }

    fn message(&mut self, deadline: Instant) -> io::Result<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(serde_json::from_slice(&line)?);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            if poll(
                &mut [PollFd::new(self.port.as_fd(), PollFlags::POLLIN)],
                timeout,
            )? == 0
            {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "QEMU's monitor did not answer",
                ));
            }
            let mut chunk = [0; 512];
            let read = self.port.read(&mut chunk)?;
            self.rest.extend(&chunk[..read]);
        }
    }
}
