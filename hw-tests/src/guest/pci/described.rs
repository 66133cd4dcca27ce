//! A device that the driver does not know: a person binds it and describes its registers. Here it
//! is QEMU's e1000, an Intel 82540EM, whose interrupt causes can be set by hand (Intel: PCI/PCI-X
//! Family of Gigabit Ethernet Controllers Software Developer's Manual, 13.4.17 to 13.4.20).

use std::fs::{self, OpenOptions};
use std::num::NonZeroUsize;
use std::path::Path;

use irqlink::{
    Access, Agent, Control, Device, Error, FileReader, NewSource, Options, Pci, Receiver, Source,
    Start,
};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::function::Function;
use crate::board::*;
use crate::qmp::Qmp;
use crate::removal::{ended, let_it_sleep, sleeper};

/// Interrupt cause read: the causes that are set; writing ones clears them.
const ICR: u32 = 0xc0;
/// Interrupt cause set.
const ICS: u32 = 0xc8;
/// Interrupt mask set.
const IMS: usize = 0xd0;
/// The cause "link status change".
pub const LSC: u32 = 4;
/// Bytes of its BAR 0.
const BAR_SIZE: u32 = 0x20000;
/// The source's name.
const NAME: &str = "nic";

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        a_described_device_is_a_source_until_removed,
        an_unplugged_described_device_ends_its_sleepers,
        wrong_descriptions_are_refused,
    )
}

/// A network card that nobody drives; it goes when this is dropped.
pub struct Card {
    qmp: Option<Qmp>,
    /// Where it is.
    pub function: Function,
}

impl Card {
    /// Plugs it in, with its interrupt unmasked.
    pub fn plug() -> Result<Card, Failed> {
        let mut qmp = Qmp::open()?;
        qmp.plug("e1000", NAME)?;
        let mut found = Vec::new();
        // It has this file once its addresses are assigned.
        wait_until("the kernel finds the card", || {
            found = Function::with_id(0x8086, 0x100e)?;
            Ok(found.iter().any(|card| card.path("resource0").exists()))
        })?;
        let card = Card {
            qmp: Some(qmp),
            function: found.remove(0),
        };
        fs::write(card.function.path("enable"), "1")?;
        unmask(&card.function.path("resource0"))?;
        Ok(card)
    }

    /// With the driver bound to it.
    fn plug_and_bind() -> Result<Card, Failed> {
        let card = Card::plug()?;
        card.function.bind_by_override()?;
        Ok(card)
    }

    fn unplug(&mut self) -> Outcome {
        match self.qmp.take() {
            Some(mut qmp) => Ok(qmp.unplug(NAME)?),
            None => Ok(()),
        }
    }

    /// What its registers are.
    fn description(&self) -> Pci {
        Pci {
            device: self.function.0.clone(),
            bar: 0,
            status: Some(ICR),
            ack: Some(ICR),
            trigger: Some(ICS),
            trigger_value: Some(LSC),
            vectors: None,
        }
    }

    fn describe(&self) -> Result<Source, Failed> {
        let source = add(self.description(), NAME)?;
        wait_until("its device file is there", || {
            Ok(Path::new("/dev/irqlink").join(NAME).exists())
        })?;
        Ok(source)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // Where that fails, the next card cannot have its name.
        let _ = self.unplug();
    }
}

fn add(description: Pci, name: &str) -> irqlink::Result<Source> {
    Control::open()?.add(&NewSource::new(description).named(name))
}

/// Lets the card interrupt, which a driver of it would do.
fn unmask(resource: &Path) -> Outcome {
    let file = OpenOptions::new().read(true).write(true).open(resource)?;
    let size = NonZeroUsize::new(4096).ok_or("no size")?;
    let (prot, flags) = (
        ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
        MapFlags::MAP_SHARED,
    );
    // SAFETY: a fresh mapping of a device, which no Rust object lives in; IMS is a 32-bit
    // register within it, and the mapping is not used after munmap.
    unsafe {
        let map = mmap(None, size, prot, flags, &file, 0)?;
        map.byte_add(IMS).cast::<u32>().write_volatile(LSC);
        munmap(map, size.get())?;
    }
    Ok(())
}

fn agent() -> irqlink::Result<Agent> {
    let mut agent = Agent::open(Options::default())?;
    agent.register(NAME, Start::Next)?;
    Ok(agent)
}

fn reader() -> irqlink::Result<FileReader> {
    FileReader::new(Device::open(NAME, Access::Read)?, Start::Next)
}

fn a_described_device_is_a_source_until_removed() -> Outcome {
    const COUNT: u64 = 100;
    let card = Card::plug_and_bind()?;
    // Twice: after its removal it is as before.
    for _ in 0..2 {
        let source = card.describe()?;
        ensure!(
            source.name == NAME && source.device == card.function.0 && source.trigger,
            "made {source:?}"
        );
        let (mut agent, mut reader) = (agent()?, reader()?);
        Board::open(NAME)?.raise_many(COUNT as usize)?;
        for receiver in [&mut agent as &mut dyn Receiver, &mut reader] {
            let given = receive_to(receiver, COUNT)?;
            exactly(&given, 1, COUNT)?;
            let has_cause = |one: &Given| matches!(one, Given::Interrupt(record, _) if record.status & LSC != 0);
            ensure!(given.iter().all(has_cause), "a status is not the card's");
        }

        Control::open()?.remove(source.id)?;
        for receiver in [&mut agent as &mut dyn Receiver, &mut reader] {
            let given = receive(receiver, |given| given.contains(&Given::Gone))?;
            ensure!(given == [Given::Gone], "given {given:?}");
        }
    }
    Ok(())
}

fn an_unplugged_described_device_ends_its_sleepers() -> Outcome {
    let mut card = Card::plug_and_bind()?;
    card.describe()?;
    let sleepers = [sleeper(agent), sleeper(reader)];
    let_it_sleep();
    card.unplug()?;
    for sleeper in sleepers {
        let given = ended(sleeper)?;
        ensure!(given == [Given::Gone], "given {given:?}");
    }
    let left = Control::open()?.source(NAME);
    ensure!(
        matches!(left, Err(Error::UnknownSource { .. })),
        "the source is still there: {left:?}"
    );
    Ok(())
}

fn refused(description: Pci, name: &str, errno: Errno, words: &str) -> Outcome {
    match add(description.clone(), name) {
        Err(Error::Refused {
            errno: given,
            text: Some(text),
            ..
        }) if given == errno && text.contains(words) => Ok(()),
        other => {
            Err(format!("expected {errno:?} {words:?}, got {other:?} for {description:?}").into())
        }
    }
}

fn wrong_descriptions_are_refused() -> Outcome {
    let card = Card::plug()?;
    let right = card.description();
    refused(
        right.clone(),
        NAME,
        Errno::ENODEV,
        "not bound to irqlink_pci",
    )?;
    card.function.bind_by_override()?;

    let with = |change: fn(&mut Pci)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong
    };
    let beyond = "beyond the end of the BAR";
    for (wrong, errno, words) in [
        (
            with(|pci| pci.status = Some(BAR_SIZE)),
            Errno::ERANGE,
            beyond,
        ),
        (with(|pci| pci.ack = Some(BAR_SIZE)), Errno::ERANGE, beyond),
        (
            with(|pci| pci.trigger = Some(BAR_SIZE)),
            Errno::ERANGE,
            beyond,
        ),
        (
            with(|pci| pci.status = Some(u32::MAX - 3)),
            Errno::ERANGE,
            beyond,
        ),
        (
            with(|pci| pci.ack = Some(ICR + 2)),
            Errno::ERANGE,
            "not aligned to 4 bytes",
        ),
        (
            with(|pci| pci.status = None),
            Errno::EINVAL,
            "takes a status register",
        ),
        (with(|pci| pci.bar = 5), Errno::EINVAL, "no such BAR"),
        (with(|pci| pci.bar = u32::MAX), Errno::EINVAL, "no such BAR"),
        (
            with(|pci| pci.device = "0000:00:1f.7".into()),
            Errno::ENODEV,
            "no such PCI device",
        ),
    ] {
        refused(wrong, NAME, errno, words)?;
    }
    refused(right.clone(), SOURCE, Errno::EEXIST, "name is taken")?;
    refused(right.clone(), "a/b", Errno::EINVAL, "letters, digits")?;

    // None of that is in the way of a right one, to which a second one is.
    let source = card.describe()?;
    refused(right, "another", Errno::EBUSY, "in use already")?;
    Ok(Control::open()?.remove(source.id)?)
}
