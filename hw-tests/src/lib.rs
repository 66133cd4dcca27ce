//! What both sides of the lab's virtual board agree on: the job that the guest is given, the frames
//! in which it answers, and how it asks for interrupts from outside.

pub mod frame;
pub mod job;
pub mod kernel_log;
pub mod kernel_modules;
pub mod remote;
pub mod results;
pub mod rig;
pub mod ring;
