//! The system around the job: mounts, modules, the kernel's log, power.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount as mount_one};
use nix::sys::reboot::{RebootMode, reboot};

use irqlink_hw_tests::job::{MODULE_DIR, Module};

/// Name under which the kernel's log is sent to the host.
pub const KERNEL_LOG: &str = "/kernel.log";

const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

const MOUNTS: [(&str, &str); 6] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tracefs", "/sys/kernel/tracing"),
    ("debugfs", "/sys/kernel/debug"),
    ("tmpfs", "/tmp"),
];

/// Mounts what programs expect to find. The kernel mounts nothing over an initramfs, not even /dev.
pub fn mount() -> Result<(), String> {
    for (kind, path) in MOUNTS {
        let made = fs::create_dir_all(path);
        let mounted = made.and_then(|()| {
            Ok(mount_one(
                Some(kind),
                path,
                Some(kind),
                MsFlags::empty(),
                None::<&str>,
            )?)
        });
        mounted.map_err(|e| format!("cannot mount {kind} on {path}: {e}"))?;
    }
    fs::create_dir_all("/out").map_err(|e| format!("cannot make /out: {e}"))
}

/// Loads a module of [`MODULE_DIR`].
pub fn load(module: &Module) -> Result<(), String> {
    let path = format!("{MODULE_DIR}/{}.ko", module.name);
    let load = || -> io::Result<()> {
        let file = File::open(&path)?;
        Ok(finit_module(
            &file,
            &CString::new(module.params.as_str())?,
            ModuleInitFlags::empty(),
        )?)
    };
    load().map_err(|e| {
        format!(
            "cannot load the module {path} {}: {e}; the kernel's log says why",
            module.params
        )
    })
}

/// Everything that the kernel has logged, as `[seconds.microseconds] text` lines.
pub fn kernel_log() -> io::Result<Vec<u8>> {
    let mut kmsg = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open("/dev/kmsg")?;
    let mut log = Vec::new();
    let mut record = [0; 8192]; // the longest record, see CONSOLE_EXT_LOG_MAX in the kernel
    loop {
        match kmsg.read(&mut record) {
            Ok(0) => return Ok(log),
            Ok(n) => append_record(&mut log, &record[..n]),
            Err(e) if e.raw_os_error() == Some(Errno::EPIPE as i32) => {} // overwritten: go on with the oldest left
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(log),
            Err(e) => return Err(e),
        }
    }
}

/// One record of /dev/kmsg, `priority,sequence,microseconds,flags;text` and lines of context that
/// begin with a space (kernel: Documentation/ABI/testing/dev-kmsg).
fn append_record(log: &mut Vec<u8>, record: &[u8]) {
    let record = String::from_utf8_lossy(record);
    let (prefix, rest) = record.split_once(';').unwrap_or(("", &record));
    let us: u64 = prefix
        .split(',')
        .nth(2)
        .and_then(|t| t.parse().ok())
        .unwrap_or(0);
    let text = rest.lines().next().unwrap_or("");
    log.extend(format!("[{:5}.{:06}] {text}\n", us / 1_000_000, us % 1_000_000).bytes());
}

/// Has the kernel look for memory that nothing points to any more, if it can. It logs what it finds
/// (kernel: Documentation/dev-tools/kmemleak.rst).
pub fn find_leaks() -> io::Result<()> {
    /// What is younger is not reported (mm/kmemleak.c: MSECS_MIN_AGE).
    const MIN_AGE: Duration = Duration::from_secs(5);
    if !Path::new(KMEMLEAK).exists() {
        return Ok(());
    }
    // What changed since the scan before is not reported either, so it takes two.
    fs::write(KMEMLEAK, "scan")?;
    thread::sleep(MIN_AGE + Duration::from_millis(100));
    fs::write(KMEMLEAK, "scan")
}

/// Ends the virtual machine.
pub fn power_off() -> ! {
    let Err(e) = reboot(RebootMode::RB_POWER_OFF);
    panic!("cannot power off: {e}"); // the kernel panics when its first process ends, and so the VM ends too
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_log_becomes_a_line() {
        let mut log = Vec::new();
        append_record(
            &mut log,
            b"4,339,5140900,-;WARNING: CPU: 0\n SUBSYSTEM=pci\n DEVICE=+pci:0\n",
        );
        append_record(&mut log, b"6,340,12,-,caller=T1;next\n");
        assert_eq!(
            String::from_utf8(log).unwrap(),
            "[    5.140900] WARNING: CPU: 0\n[    0.000012] next\n"
        );
    }
}
