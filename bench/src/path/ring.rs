//! The mapped log, read by the program itself, woken by the device file or by an eventfd.

use irqlink::{Access, Device, RingReader, Start};

use super::on_mio::OnMio;
use super::own::Own;

pub const POLL: Own = Own::new(
    "ring-poll",
    "mapped log, woken by the device file: epoll_wait",
    |source| {
        let device = Device::open(source, Access::Read)?;
        Ok(Box::new(OnMio::new(RingReader::new(device, Start::Next)?)?))
    },
);

pub const EVENTFD: Own = Own::new(
    "ring-eventfd",
    "mapped log, woken by an eventfd: epoll_wait",
    |source| {
        let device = Device::open(source, Access::Read)?;
        let reader = RingReader::with_eventfd(device, Start::Next)?;
        Ok(Box::new(OnMio::new(reader)?))
    },
);
