//! The event that ended a run.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::load::Load;
use crate::sample::Sample;

/// An event took longer than `--stop-above` allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Number of the run, from 0.
    #[serde(default)]
    pub run: usize,
    /// The limit, in the row's unit.
    pub above: u64,
    /// Name of the path.
    pub path: String,
    /// What else the machine did.
    #[serde(default, skip_serializing_if = "Load::is_idle")]
    pub load: Load,
    /// The latest events; the last one is the one.
    pub events: Vec<Sample>,
    /// File with the kernel's trace up to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_trace: Option<String>,
}

impl Stopped {
    /// How long the event took.
    pub fn latency(&self) -> u64 {
        self.events.last().map_or(0, |event| event.latency)
    }
}

/// Writes one as itself, and several, as a merged report may have, as a list; for serde.
pub fn serialize<S: Serializer>(all: &[Stopped], to: S) -> Result<S::Ok, S::Error> {
    match all {
        [one] => one.serialize(to),
        all => all.serialize(to),
    }
}

/// Reads what [`serialize`] writes.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Stopped>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(Stopped),
        More(Vec<Stopped>),
    }
    Ok(match Either::deserialize(from)? {
        Either::One(one) => vec![one],
        Either::More(all) => all,
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// By the event of that number.
    pub fn stopped(seq: u64) -> Stopped {
        Stopped {
            run: 0,
            above: 2_000,
            path: "read".into(),
            load: Load::Idle,
            events: vec![Sample {
                seq,
                latency: 2_500,
                ..Sample::default()
            }],
            trace: None,
            no_trace: None,
        }
    }

    #[test]
    fn one_is_no_list_and_several_are() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct All(#[serde(with = "super")] Vec<Stopped>);
        for (all, begin) in [
            (vec![stopped(1)], "{"),
            (vec![stopped(1), stopped(2)], "[{"),
        ] {
            let all = All(all);
            let text = serde_json::to_string(&all).unwrap();
            assert!(text.starts_with(begin), "{text}");
            assert_eq!(serde_json::from_str::<All>(&text).unwrap(), all);
        }
    }
}
