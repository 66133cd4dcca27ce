//! Registering for a source: first the answer, then the events.

use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use irqlink::abi::*;
use irqlink::netlink::{Builder, Socket};
use irqlink::{Access, Control, Device, Sim};
use libtest_mimic::Failed;

use crate::board::*;
use crate::sim::Simulated;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("registration":
        the_answer_comes_before_the_events,
    )
}

/// However fast they come: so a full buffer cannot keep the answer out.
fn the_answer_comes_before_the_events() -> Outcome {
    const TIMES: u32 = 300;
    let source = Simulated::add(Sim {
        burst: 4,
        ..Sim::new(Duration::from_micros(50))
    })?;
    let device = Device::open(source.name(), Access::Read)?;
    let mut early = 0;
    for _ in 0..TIMES {
        early += register(&device)?;
    }
    ensure!(early == 0, "{early} messages came before {TIMES} answers");
    Ok(())
}

/// Registers a socket, which is closed then; gives how many messages came before the answer.
fn register(device: &Device) -> Result<u32, Failed> {
    let family = Control::open()?.family().id;
    let command = IRQLINK_CMD_AGENT_REGISTER;
    let request = Builder::new(family, libc::NLM_F_REQUEST, command, IRQLINK_FAMILY_VERSION)
        .u32(IRQLINK_A_EVENT_SOURCE, device.source())
        .u32(IRQLINK_A_EVENT_FD, device.as_fd().as_raw_fd() as u32);
    let (mut early, mut buffer) = (0, [0; 16384]);
    let mut socket = Socket::open()?;
    socket.request("register", request, &mut buffer, |_| Ok(()), |_| early += 1)?;
    Ok(early)
}
