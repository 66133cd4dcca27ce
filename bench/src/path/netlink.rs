//! Netlink unicast: the kernel sends each event to the agent's socket.

use irqlink::{Agent, Options, Start};

use super::on_mio::OnMio;
use super::own::Own;

pub const PATH: Own = Own::new(
    "netlink",
    "netlink unicast to an agent's socket: epoll_wait, recvfrom",
    |source| {
        let mut agent = Agent::open(Options::default())?;
        agent.register(source, Start::Next)?;
        Ok(Box::new(OnMio::new(agent)?))
    },
);
