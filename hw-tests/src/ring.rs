//! Rings: how the guest asks the lab for interrupts that come from outside the virtual board. A
//! [`Request`] is a line on the guest's [`QMP_PORT`](crate::job::QMP_PORT), among the commands to
//! QEMU; the answer looks like one of QEMU's: `{"return": 1000}`, the number of rings, or
//! `{"error": {"desc": "why"}}`.

use serde::{Deserialize, Serialize};

/// The line that asks: `{"ring": {"vector": 3, "count": 1000}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to do.
    pub ring: Ring,
}

/// Rings of one vector. Some may reach the device as one: the lab does not wait in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// Number of the vector.
    pub vector: usize,
    /// How many; 0 for as many as there is time for.
    pub count: u64,
    /// Microseconds from one to the next.
    #[serde(default)]
    pub interval_us: u64,
    /// It ends after that many milliseconds, rung or not.
    #[serde(default = "default_limit_ms")]
    pub limit_ms: u64,
}

fn default_limit_ms() -> u64 {
    10_000
}

impl Ring {
    /// One ring.
    pub fn once(vector: usize) -> Ring {
        Ring {
            vector,
            count: 1,
            interval_us: 0,
            limit_ms: default_limit_ms(),
        }
    }

    /// As fast as it goes, for that many milliseconds.
    pub fn storm(vector: usize, limit_ms: u64) -> Ring {
        Ring {
            vector,
            count: 0,
            interval_us: 0,
            limit_ms,
        }
    }

    /// The same with the shortest sleep that there is from one to the next. For emulators: who never sleeps
    /// takes the CPU from them, and they then take a fifth of the interrupts.
    pub fn with_sleep(self) -> Ring {
        Ring {
            interval_us: 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_short_line() {
        let line = r#"{"ring": {"vector": 3, "count": 1000, "interval_us": 5}}"#;
        let request: Request = serde_json::from_str(line).unwrap();
        let ring = Ring {
            count: 1000,
            interval_us: 5,
            ..Ring::once(3)
        };
        assert_eq!(request, Request { ring });
        let again = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&again).unwrap(), request);
    }

    #[test]
    fn a_command_to_qemu_is_not_a_request() {
        let line = r#"{"execute": "device_add", "arguments": {"driver": "edu"}}"#;
        assert!(serde_json::from_str::<Request>(line).is_err());
    }
}
