//! What both sides of the lab's virtual board agree on: the job that the guest is given, and the
//! frames in which it answers.

pub mod frame;
pub mod job;
