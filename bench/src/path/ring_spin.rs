//! The mapped log, watched by a thread that does not sleep, or not at once.

use std::thread::available_parallelism;
use std::time::Duration;

use irqlink::{Access, Device, Event, Progress, Receiver, RingReader, Start};

use super::Listener;
use super::on_mio::OnMio;
use super::own::Own;
use crate::error::Result;

/// How often a busy thread sees whether it shall end.
const BUSY: Duration = Duration::from_millis(1);
/// How long the adaptive path keeps its CPU before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

pub const BUSY_PATH: Own = Own {
    missing: || match available_parallelism() {
        Ok(cpus) if cpus.get() == 1 => Some("it keeps a CPU busy, and there is one only".into()),
        _ => None,
    },
    sleeps: false,
    ..Own::new(
        "ring-busy",
        "mapped log, watched by a thread that never sleeps",
        |source| Ok(Box::new(Busy(open(source)?))),
    )
};

pub const ADAPTIVE_PATH: Own = Own {
    sleeps: false,
    ..Own::new(
        "ring-adaptive",
        "mapped log, watched for 50 us, then as ring-poll",
        |source| Ok(Box::new(Adaptive(OnMio::new(open(source)?)?))),
    )
};

fn open(source: &str) -> Result<RingReader> {
    let device = Device::open(source, Access::Read)?;
    Ok(RingReader::new(device, Start::Next)?)
}

struct Busy(RingReader);

impl Listener for Busy {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        if self.0.spin(BUSY) {
            while self.0.drain(handler)? == Progress::More {}
        }
        Ok(())
    }
}

struct Adaptive(OnMio<RingReader>);

impl Listener for Adaptive {
    #[inline]
    fn wait(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        let ring = &mut self.0.drain;
        if !ring.spin(SPIN) {
            return self.0.wait(handler);
        }
        while ring.drain(handler)? == Progress::More {}
        Ok(())
    }
}
