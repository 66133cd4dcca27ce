//! `read` on the device file: the kernel copies each event when asked.

use irqlink::{Access, Device, FileReader, Start};

use super::on_mio::OnMio;
use super::own::Own;

pub const PATH: Own = Own::new(
    "read",
    "read (copy_to_user) on the device file: epoll_wait, read",
    |source| {
        let device = Device::open(source, Access::Read)?;
        Ok(Box::new(OnMio::new(FileReader::new(device, Start::Next)?)?))
    },
);
