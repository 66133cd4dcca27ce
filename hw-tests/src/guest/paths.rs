//! The paths by which events come.

use irqlink::{
    Access, Agent, Device, FileReader, Options, Receiver, RingReader, SignalReader, Start,
};
use libtest_mimic::Failed;

/// Opens a receiver for the source of that name, in the thread that uses it, as the signal path wants.
pub type Open = fn(&str, Start) -> Result<Box<dyn Receiver>, Failed>;

/// Each by its name.
pub const ALL: [(&str, Open); 5] = [
    ("netlink", netlink),
    ("read", |source, start| {
        Ok(Box::new(FileReader::new(device(source)?, start)?))
    }),
    ("signal", |source, start| {
        Ok(Box::new(SignalReader::new(device(source)?, start, 1)?))
    }),
    ("ring", |source, start| {
        Ok(Box::new(RingReader::new(device(source)?, start)?))
    }),
    ("ring_with_eventfd", |source, start| {
        Ok(Box::new(RingReader::with_eventfd(device(source)?, start)?))
    }),
];

/// An agent.
pub fn netlink(source: &str, start: Start) -> Result<Box<dyn Receiver>, Failed> {
    let mut agent = Agent::open(Options::default())?;
    agent.register(source, start)?;
    Ok(Box::new(agent))
}

fn device(source: &str) -> Result<Device, Failed> {
    Ok(Device::open(source, Access::Read)?)
}
