//! What the lab and its program on a board that is reached by ssh agree on.

/// Exit status of that program if the command could not be tried, as of env(1).
pub const FAILED: u8 = 125;
/// Exit status of that program if the command was begun but came to no exit status of its own, or the
/// modules could not be unloaded after it.
pub const BROKEN_OFF: u8 = 123;
/// Exit status of that program if the command took too long, as of timeout(1).
pub const TIMED_OUT: u8 = 124;
/// Those that are not the command's.
pub const OWN: [u8; 3] = [FAILED, BROKEN_OFF, TIMED_OUT];
