//! Netlink unicast: the kernel sends each event to the agent's socket.

use irqlink::{Agent, Options, Start};

use super::on_mio::OnMio;
use super::{Listener, Path};
use crate::error::Result;

pub struct Netlink;

impl Path for Netlink {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn summary(&self) -> &'static str {
        "netlink unicast to an agent's socket: epoll_wait, recvfrom"
    }

    fn listen(&self, source: &str) -> Result<Box<dyn Listener>> {
        let mut agent = Agent::open(Options::default())?;
        agent.register(source, Start::Next)?;
        Ok(Box::new(OnMio::new(agent)?))
    }
}
