//! Netlink unicast out of the interrupt's thread instead of softirq.

use irqlink::Delivery;

use super::netlink;
use super::own::Own;

pub const PATH: Own = Own {
    delivery: Some(Delivery::Thread),
    ..Own::new(
        "netlink-thread",
        "netlink, sent by the interrupt's thread instead of softirq",
        netlink::PATH.listen,
    )
};
