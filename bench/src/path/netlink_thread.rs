//! Netlink unicast out of the interrupt's thread instead of softirq.

use irqlink::{Control, Delivery, Settings, Source};

use super::netlink;
use super::{Path, Taken};
use crate::error::Result;
use crate::say::say;
use crate::trigger::{self, Raise};

pub struct NetlinkThread;

impl Path for NetlinkThread {
    fn name(&self) -> &'static str {
        "netlink-thread"
    }

    fn summary(&self) -> &'static str {
        "netlink, sent by the interrupt's thread instead of softirq"
    }

    fn missing(&self, source: &Source) -> Option<String> {
        (source.delivery == Delivery::Thread)
            .then(|| "the source's delivery is the thread, so it is the path netlink".into())
    }

    fn is_irqlinks(&self) -> bool {
        true
    }

    fn take(&self, source: &Source) -> Result<Taken> {
        let name = source.name.clone();
        Ok(Taken {
            raise: Box::new(InThread {
                raise: trigger::of(source)?,
                _set: SetDelivery::to(&name, Delivery::Thread)?,
            }),
            listen: Box::new(move || (netlink::PATH.listen)(&name)),
        })
    }
}

/// A source whose delivery is another for a while.
struct SetDelivery {
    source: u32,
    before: Delivery,
}

impl SetDelivery {
    fn to(source: &str, delivery: Delivery) -> Result<Self> {
        let mut control = Control::open()?;
        // It may have been made again since the run began.
        let source = control.source(source)?;
        control.set(source.id, to(delivery), None)?;
        Ok(SetDelivery {
            source: source.id,
            before: source.delivery,
        })
    }
}

fn to(delivery: Delivery) -> Settings {
    Settings {
        delivery: Some(delivery),
        ..Settings::default()
    }
}

impl Drop for SetDelivery {
    fn drop(&mut self) {
        let before = to(self.before);
        let set = Control::open().and_then(|mut control| control.set(self.source, before, None));
        if let Err(error) = set {
            say(format_args!(
                "the source's delivery stays in the thread: {error}"
            ));
        }
    }
}

struct InThread {
    raise: Box<dyn Raise>,
    _set: SetDelivery,
}

impl Raise for InThread {
    fn prepare(&mut self) -> Result<()> {
        self.raise.prepare()
    }

    fn raise(&mut self) -> Result<()> {
        self.raise.raise()
    }

    fn head(&self) -> Result<u64> {
        self.raise.head()
    }
}
