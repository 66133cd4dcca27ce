//! The interrupt handler's own work, from the module's tracepoint `irqlink:irqlink_irq`.
//!
//! Source: `kernel/core/trace.h`; Documentation/trace/ftrace.rst for the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const TRACEFS: &str = "/sys/kernel/tracing";
const EVENT: &str = "irqlink_irq: ";
/// Bytes that one event takes in the ring buffer, at most.
const EVENT_SIZE: u64 = 128;

/// Traces the interrupts of one source in a buffer of its own, which goes with it.
pub struct Tracing {
    instance: PathBuf,
}

impl Tracing {
    /// Begins. There is room for `events` on each CPU.
    ///
    /// # Errors
    /// [`Error::Tracing`].
    pub fn begin(source: u32, events: u64) -> Result<Self> {
        let name = format!("{TRACEFS}/instances/irqlink-bench-{}", std::process::id());
        let instance = PathBuf::from(name);
        fs::create_dir(&instance).map_err(error(&instance))?;
        let tracing = Tracing { instance };
        let kib = events * EVENT_SIZE / 1024 + 64;
        tracing.write("buffer_size_kb", &kib.to_string())?;
        let event = "events/irqlink/irqlink_irq";
        tracing.write(&format!("{event}/filter"), &format!("source == {source}"))?;
        tracing.write(&format!("{event}/enable"), "1")?;
        Ok(tracing)
    }

    /// Sequence number of each interrupt so far, and time in its handler, in nanoseconds.
    ///
    /// # Errors
    /// [`Error::Tracing`].
    pub fn read(&self) -> Result<Vec<(u64, u64)>> {
        let path = self.instance.join("trace");
        let text = fs::read_to_string(&path).map_err(error(&path))?;
        Ok(text.lines().filter_map(parse).collect())
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.instance.join(file);
        fs::write(&path, text).map_err(error(&path))
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        // What it leaves behind if this fails costs some memory until the next boot.
        let _ = fs::remove_dir(&self.instance);
    }
}

fn error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Tracing { path, source }
}

/// A line of `trace`: `task-pid [cpu] flags time: irqlink_irq: source=1 seq=2 ... handler_ns=3`.
fn parse(line: &str) -> Option<(u64, u64)> {
    let (_, fields) = line.split_once(EVENT)?;
    let value = |name: &str| {
        let mut fields = fields
            .split_whitespace()
            .filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| *key == name)?.1.parse().ok()
    };
    Some((value("seq")?, value("handler_ns")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_trace() {
        let text = "# tracer: nop\n#\n   irqlink-bench-97      [000] d.h1.     4.123456: \
            irqlink_irq: source=1 seq=5 time_ns=4123450000 handler_ns=187\n\
            CPU:0 [LOST 3 EVENTS]\n x-1 [000] d.h1. 4.2: irqlink_irq: source=1 seq=6\n";
        let parsed: Vec<_> = text.lines().filter_map(parse).collect();
        assert_eq!(parsed, [(5, 187)]);
    }
}
