//! A real-time signal, received by a signalfd, that says the device file can be read.

use irqlink::{Access, Device, SignalReader, Start};

use super::on_mio::OnMio;
use super::{Listener, Path};
use crate::error::Result;

/// `SIGRTMIN` plus this.
const OFFSET: i32 = 0;

pub struct Signal;

impl Path for Signal {
    fn name(&self) -> &'static str {
        "signal"
    }

    fn summary(&self) -> &'static str {
        "real-time signal for the device file: epoll_wait, read of the signalfd, read of the file"
    }

    fn listen(&self, source: &str) -> Result<Box<dyn Listener>> {
        let device = Device::open(source, Access::Read)?;
        let reader = SignalReader::new(device, Start::Next, OFFSET)?;
        Ok(Box::new(OnMio::new(reader)?))
    }
}
