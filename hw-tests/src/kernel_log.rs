//! The kernel's log, read from `/dev/kmsg` (kernel: Documentation/ABI/testing/dev-kmsg).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use nix::errno::Errno;

/// The longest record (kernel: CONSOLE_EXT_LOG_MAX).
const LONGEST: usize = 8192;

/// A place in the log.
pub struct KernelLog(File);

impl KernelLog {
    /// Everything that the kernel still has of it.
    pub fn whole() -> io::Result<KernelLog> {
        let mut options = OpenOptions::new();
        let kmsg = options.read(true).custom_flags(nix::libc::O_NONBLOCK);
        Ok(KernelLog(kmsg.open("/dev/kmsg")?))
    }

    /// What will be logged from now on.
    pub fn from_now() -> io::Result<KernelLog> {
        let mut log = KernelLog::whole()?;
        log.0.seek(SeekFrom::End(0))?;
        Ok(log)
    }

    /// What is new, as `[seconds.microseconds] text` lines.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut lines = Vec::new();
        let mut record = [0; LONGEST];
        loop {
            match self.0.read(&mut record) {
                Ok(0) => return Ok(lines),
                Ok(n) => append_record(&mut lines, &record[..n]),
                Err(e) if e.raw_os_error() == Some(Errno::EPIPE as i32) => {} // overwritten: go on with the oldest left
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(lines),
                Err(e) => return Err(e),
            }
        }
    }
}

/// One record, `priority,sequence,microseconds,flags;text` and lines of context that begin with a
/// space.
fn append_record(lines: &mut Vec<u8>, record: &[u8]) {
    let record = String::from_utf8_lossy(record);
    let (prefix, rest) = record.split_once(';').unwrap_or(("", &record));
    let us: u64 = prefix
        .split(',')
        .nth(2)
        .and_then(|t| t.parse().ok())
        .unwrap_or(0);
    let text = rest.lines().next().unwrap_or("");
    lines.extend(format!("[{:5}.{:06}] {text}\n", us / 1_000_000, us % 1_000_000).bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_log_becomes_a_line() {
        let mut lines = Vec::new();
        append_record(
            &mut lines,
            b"4,339,5140900,-;WARNING: CPU: 0\n SUBSYSTEM=pci\n DEVICE=+pci:0\n",
        );
        append_record(&mut lines, b"6,340,12,-,caller=T1;next\n");
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "[    5.140900] WARNING: CPU: 0\n[    0.000012] next\n"
        );
    }
}
