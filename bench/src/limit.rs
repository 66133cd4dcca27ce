//! `--stop-above`: what is set up for it, and what is kept when an event takes too long.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::alarm::Alarm;
use crate::error::Result;
use crate::load::Load;
use crate::report::Stopped;
use crate::sample::Sample;
use crate::tracing::Snapshot;

/// A limit, and the trace that runs until an event exceeds it.
pub struct Limit {
    /// Looks at each event.
    pub alarm: Arc<Alarm>,
    trace: Result<Snapshot, String>,
}

impl Limit {
    /// Begins to trace, where that is to be had.
    ///
    /// # Errors
    /// Those of opening the trace's switch.
    pub fn begin(above: Duration) -> Result<Self> {
        let trace = Snapshot::begin();
        let switch = trace.as_ref().ok().map(Snapshot::switch).transpose()?;
        let above = u64::try_from(above.as_nanos()).unwrap_or(u64::MAX);
        Ok(Limit {
            alarm: Arc::new(Alarm::new(above, switch)),
            trace: trace.map_err(|error| error.to_string()),
        })
    }

    /// Why no trace will be kept.
    pub fn no_trace(&self) -> Option<&str> {
        self.trace.as_ref().err().map(String::as_str)
    }

    /// Keeps the trace in a file. `events` are the latest of the path.
    pub fn keep(&self, path: &str, load: Load, events: Vec<Sample>, file: &Path) -> Stopped {
        let kept: Result<PathBuf, String> = match &self.trace {
            Ok(trace) => trace
                .keep(file)
                .map(|()| file.to_owned())
                .map_err(|error| error.to_string()),
            Err(why) => Err(why.clone()),
        };
        Stopped {
            run: 0,
            above: self.alarm.above(),
            path: path.to_owned(),
            load,
            events,
            no_trace: kept.as_ref().err().cloned(),
            trace: kept.ok(),
        }
    }
}
