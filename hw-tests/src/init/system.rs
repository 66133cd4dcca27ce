//! The system around the job: mounts, modules, the kernel's log, power.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::mount::{MsFlags, mount as mount_one};
use nix::sys::reboot::{RebootMode, reboot};

use irqlink_hw_tests::job::{KERNEL_MODULE_DIR, MODULE_DIR, Module};
use irqlink_hw_tests::kernel_log::KernelLog;
use irqlink_hw_tests::kernel_modules;

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

/// Loads the modules of [`KERNEL_MODULE_DIR`], if there are any.
pub fn load_kernel_modules() -> Result<(), String> {
    let Ok(entries) = fs::read_dir(KERNEL_MODULE_DIR) else {
        return Ok(());
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
        .iter()
        .try_for_each(|file| kernel_modules::load(file, ""))
}

/// Loads a module of [`MODULE_DIR`].
pub fn load(module: &Module) -> Result<(), String> {
    let path = format!("{MODULE_DIR}/{}.ko", module.name);
    kernel_modules::load(Path::new(&path), &module.params)
}

/// Everything that the kernel has logged, as `[seconds.microseconds] text` lines.
pub fn kernel_log() -> io::Result<Vec<u8>> {
    KernelLog::whole()?.read()
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
