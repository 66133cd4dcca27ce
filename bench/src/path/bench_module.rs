//! The module irqlink_bench (kernel/bench/), which hands events on in other ways than irqlink's own.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

/// Its folder in sysfs.
pub const FOLDER: &str = "/sys/kernel/irqlink_bench";

/// Why it is not to be had.
pub fn missing() -> Option<String> {
    let is_there = Path::new(FOLDER).exists();
    (!is_there).then(|| "the module irqlink_bench is not loaded (modprobe irqlink_bench)".into())
}

/// One of its files follows a source until this is dropped.
pub struct Following(File);

impl Following {
    /// Writes to the file of that name.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(file: &str, what: &str) -> Result<Self> {
        let file = File::options()
            .write(true)
            .open(Path::new(FOLDER).join(file));
        let mut file = file.map_err(Error::system("open a file of irqlink_bench"))?;
        file.write_all(what.as_bytes())
            .map_err(Error::system("have irqlink_bench follow the source"))?;
        Ok(Following(file))
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It can fail only if the module is gone, and then nothing is followed.
        let _ = self.0.write_all(b"\n");
    }
}
