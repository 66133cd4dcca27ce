//! What is expected of a rig.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::value;

/// What is expected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Events of a test that may be lost. Each must be reported lost all the same.
    pub lost: u64,
    /// How long an event may take to come before the test gives up.
    #[serde(deserialize_with = "value::duration")]
    pub wait: Duration,
    /// Events a second, at least. Not checked on an emulated CPU.
    pub min_rate: Option<u64>,
    /// Events a second, at most. Not checked on an emulated CPU.
    pub max_rate: Option<u64>,
    /// From the stamp in hard IRQ to the receiver, p99. Not checked on an emulated CPU, whose times
    /// are no latencies.
    #[serde(deserialize_with = "value::some_duration")]
    pub latency: Option<Duration>,
    /// Instructions from the stamp to the handler, p50 by the name of the path (`irqlink-bench
    /// paths`). Checked only where the clock counts instructions.
    pub path_length: BTreeMap<String, u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            lost: 0,
            wait: Duration::from_secs(10),
            min_rate: None,
            max_rate: None,
            latency: None,
            path_length: BTreeMap::new(),
        }
    }
}
