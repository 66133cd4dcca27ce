//! The kernel's tracepoints, through tracefs (Documentation/trace/ftrace.rst).

mod handler;
mod snapshot;
mod way;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};

pub use handler::HandlerTrace;
pub use snapshot::Snapshot;
pub use way::{Mark, WayTrace};

const TRACEFS: &str = "/sys/kernel/tracing";

/// A ring buffer of its own, which goes with it. There may be several at a time.
#[derive(Debug)]
struct Instance(PathBuf);

impl Instance {
    /// Makes one with so many KiB for each CPU.
    ///
    /// # Errors
    /// [`Error::Tracing`].
    fn new(kib: u64) -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("irqlink-bench-{}-{number}", std::process::id());
        let path = Path::new(TRACEFS).join("instances").join(name);
        fs::create_dir(&path).map_err(error(&path))?;
        let instance = Instance(path);
        instance.write("buffer_size_kb", &kib.to_string())?;
        Ok(instance)
    }

    /// Begins with an event, or a folder of them; only what the filter lets pass if there is one.
    fn enable(&self, event: &str, filter: Option<&str>) -> Result<()> {
        if let Some(filter) = filter {
            self.write(&format!("events/{event}/filter"), filter)?;
        }
        self.write(&format!("events/{event}/enable"), "1")
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.0.join(file);
        fs::write(&path, text).map_err(error(&path))
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = self.0.join(file);
        fs::read_to_string(&path).map_err(error(&path))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // What it leaves behind if this fails costs some memory until the next boot.
        let _ = fs::remove_dir(&self.0);
    }
}

fn error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Tracing { path, source }
}
