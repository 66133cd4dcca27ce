//! Many events in a row, from a simulated source: what each costs the CPUs, and how many a second there
//! can be.

mod batch;
mod burst;
mod consumers;
mod noise;
mod saturation;
mod simulated;
mod soak;
mod window;

use irqlink::realtime::Request;

use crate::environment::Accel;
use crate::measure::Measure;

pub use batch::{BatchListen, batched};
pub use burst::{Bursts, Measured};
pub use consumers::Listen;
pub use saturation::Saturation;
pub use simulated::Simulated;

/// What all rows of a run have in common.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What is measured.
    pub measure: Measure,
    /// What executes the instructions.
    pub accel: Accel,
    /// How each consumer runs.
    pub consumer: Request,
}
