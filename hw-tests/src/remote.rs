//! What the lab and its program on a board that is reached by ssh agree on.

/// Exit status of that program if the command could not be tried, as of env(1).
pub const FAILED: u8 = 125;
/// Exit status of that program if the command took too long, as of timeout(1).
pub const TIMED_OUT: u8 = 124;
