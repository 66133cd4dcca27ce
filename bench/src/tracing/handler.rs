//! The interrupt handler's own work, from the module's tracepoint `irqlink:irqlink_irq`
//! (`kernel/core/trace.h`).

use super::Instance;
use crate::error::Result;

const EVENT: &str = "irqlink_irq: ";
/// Bytes that one event takes in the ring buffer, at most.
const EVENT_SIZE: u64 = 128;

/// Traces the interrupts of one source.
pub struct HandlerTrace(Instance);

impl HandlerTrace {
    /// Begins. There is room for `events` on each CPU.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn begin(source: u32, events: u64) -> Result<Self> {
        let instance = Instance::new(events * EVENT_SIZE / 1024 + 64)?;
        instance.enable("irqlink/irqlink_irq", Some(&format!("source == {source}")))?;
        Ok(HandlerTrace(instance))
    }

    /// Sequence number of each interrupt so far, and time in its handler, in nanoseconds.
    ///
    /// # Errors
    /// [`crate::error::Error::Tracing`].
    pub fn read(&self) -> Result<Vec<(u64, u64)>> {
        Ok(self.0.read("trace")?.lines().filter_map(parse).collect())
    }
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
