//! The result port.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};

use nix::sys::termios::{self, SetArg};

use irqlink_hw_tests::frame::{self, Kind};
use irqlink_hw_tests::job::RESULT_PORT;

/// The open port.
pub struct Port(File);

impl Port {
    /// Opens the port, in raw mode.
    pub fn open() -> Result<Port, String> {
        let open = || -> io::Result<Port> {
            let tty = OpenOptions::new()
                .read(true)
                .write(true)
                .open(RESULT_PORT)?;
            let mut mode = termios::tcgetattr(&tty)?;
            termios::cfmakeraw(&mut mode);
            termios::tcsetattr(&tty, SetArg::TCSANOW, &mode)?;
            Ok(Port(tty))
        };
        open().map_err(|e| format!("cannot open the result port {RESULT_PORT}: {e}"))
    }

    /// Sends a frame. There is nobody to tell if that fails, but the console.
    pub fn send(&mut self, kind: Kind, step: u16, payload: &[u8]) {
        if let Err(e) = frame::write(&mut self.0, kind, step, payload) {
            eprintln!("irqlink-init: cannot write to the result port: {e}");
        }
    }

    /// Sends a file under the name `path`.
    pub fn send_file(&mut self, path: &str, file: &mut impl Read) -> io::Result<()> {
        self.send(Kind::File, 0, path.as_bytes());
        let mut chunk = vec![0; frame::MAX_PAYLOAD];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(()),
                n => self.send(Kind::Data, 0, &chunk[..n]),
            }
        }
    }

    /// Waits until the host has everything.
    pub fn drain(&self) {
        if let Err(e) = termios::tcdrain(&self.0) {
            eprintln!("irqlink-init: cannot drain the result port: {e}");
        }
    }
}
