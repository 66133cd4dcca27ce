//! A real-time signal, received by a signalfd, that says the device file can be read.

use irqlink::{Access, Device, SignalReader, Start};

use super::on_mio::OnMio;
use super::own::Own;

/// `SIGRTMIN` plus this.
const OFFSET: i32 = 0;

pub const PATH: Own = Own::new(
    "signalfd",
    "real-time signal for the device file: epoll_wait, read of the signalfd, read of the file",
    |source| {
        let device = Device::open(source, Access::Read)?;
        let reader = SignalReader::new(device, Start::Next, OFFSET)?;
        Ok(Box::new(OnMio::new(reader)?))
    },
);
