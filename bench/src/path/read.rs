//! `read` on the device file: the kernel copies each event when asked.

use irqlink::{Access, Device, FileReader, Start};

use super::on_mio::OnMio;
use super::{Listener, Path};
use crate::error::Result;

pub struct Read;

impl Path for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    fn summary(&self) -> &'static str {
        "read (copy_to_user) on the device file: epoll_wait, read"
    }

    fn listen(&self, source: &str) -> Result<Box<dyn Listener>> {
        let device = Device::open(source, Access::Read)?;
        Ok(Box::new(OnMio::new(FileReader::new(device, Start::Next)?)?))
    }
}
