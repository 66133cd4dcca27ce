//! Durations and CPU lists as people type them.
