//! Netlink multicast: the kernel sends each event to all who observe.

use irqlink::Observer;

use super::on_mio::OnMio;
use super::own::Own;

pub const PATH: Own = Own {
    missing: || Observer::open(None).err().map(|error| error.to_string()),
    ..Own::new(
        "multicast",
        "netlink multicast to an observer's socket: epoll_wait, recvfrom",
        |_| Ok(Box::new(OnMio::new(Observer::open(None)?)?)),
    )
};
