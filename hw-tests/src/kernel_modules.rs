//! irqlink's kernel modules: their names, loading and unloading.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};

/// The modules, in the order in which they can be loaded. A kernel without GPIO lines has no last one.
pub const NAMES: [&str; 5] = [
    "irqlink",
    "irqlink_pci",
    "irqlink_sim",
    "irqlink_bench",
    "irqlink_gpio",
];

/// How long a module may be in use by something that is about to end.
const UNLOAD_LIMIT: Duration = Duration::from_secs(5);

/// Loads the module in the file `path`, with parameters as after `insmod`.
///
/// # Errors
/// In words.
pub fn load(path: &Path, params: &str) -> Result<(), String> {
    let load = || -> io::Result<()> {
        let file = File::open(path)?;
        Ok(finit_module(
            &file,
            &CString::new(params)?,
            ModuleInitFlags::empty(),
        )?)
    };
    load().map_err(|e| {
        let why = match e.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOEXEC) => "; it was built for another kernel",
            Some(Errno::EKEYREJECTED) => "; this kernel takes signed modules only",
            Some(Errno::EPERM) => "; only root may, and not where the kernel is locked down",
            Some(Errno::EEXIST) => "; it is loaded already",
            _ => "; the kernel's log says why",
        };
        format!(
            "cannot load the module {} {params}: {e}{why}",
            path.display()
        )
    })
}

/// Unloads a module, once nothing uses it any more.
///
/// # Errors
/// In words.
pub fn unload(name: &str) -> Result<(), String> {
    let words = |e: io::Error| format!("cannot unload the module {name}: {e}");
    let c_name = CString::new(name).map_err(|e| words(e.into()))?;
    let deadline = Instant::now() + UNLOAD_LIMIT;
    loop {
        match delete_module(&c_name, DeleteModuleFlags::O_NONBLOCK) {
            Ok(()) => return Ok(()),
            Err(Errno::EWOULDBLOCK) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(e) => return Err(words(e.into())),
        }
    }
}

/// Whether a module is loaded.
pub fn is_loaded(name: &str) -> bool {
    Path::new("/sys/module").join(name).exists()
}
