//! The limit of `--stop-above`: the first event beyond it stops the trace and the run.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sample::Sample;

/// A limit that an event may exceed once.
#[derive(Debug)]
pub struct Alarm {
    above: u64,
    switch: Option<File>,
    has_rung: AtomicBool,
}

impl Alarm {
    /// For events that take longer than `above`. "0" is written to the `switch` then.
    pub fn new(above: u64, switch: Option<File>) -> Self {
        Alarm {
            above,
            switch,
            has_rung: AtomicBool::new(false),
        }
    }

    /// Looks at an event.
    #[inline]
    pub fn check(&self, sample: &Sample) {
        if sample.latency > self.above {
            self.ring();
        }
    }

    #[cold]
    fn ring(&self) {
        if let Some(switch) = &self.switch {
            // If it fails the trace goes on, and still has what happened.
            let _ = switch.write_all_at(b"0", 0);
        }
        self.has_rung.store(true, Ordering::Release);
    }

    /// An event was beyond the limit.
    pub fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }

    /// The limit.
    pub fn above(&self) -> u64 {
        self.above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_than_the_limit_rings_and_stops_the_trace() {
        let switch = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&switch, "1").unwrap();
        let alarm = Alarm::new(200, Some(switch.reopen().unwrap()));
        let sample = |latency| Sample {
            latency,
            ..Sample::default()
        };
        alarm.check(&sample(200));
        assert!(!alarm.has_rung());
        assert_eq!(std::fs::read(&switch).unwrap(), b"1");
        alarm.check(&sample(201));
        assert!(alarm.has_rung());
        assert_eq!(std::fs::read(&switch).unwrap(), b"0");
    }
}
