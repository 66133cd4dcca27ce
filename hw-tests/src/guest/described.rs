//! A PCI function that the driver does not know, described at run time: QEMU's `e1000`, whose
//! cause register (Intel 8254x manual: ICR, cleared by reading) is a status, and whose cause-set
//! register (ICS) a trigger. Its interrupt is an INTx line.

use std::fs::{self, OpenOptions};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use irqlink::{Access, Control, Device, FileReader, PciBinding, Start};
use libtest_mimic::{Failed, Trial};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use serde_json::json;

use crate::board::*;
use crate::command::{ended as command_ended, irqlink, json as printed};
use crate::qmp::Qmp;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("described":
        a_function_of_no_table_becomes_a_source,
        a_wrong_description_is_refused_and_the_binding_undone,
        a_function_in_use_is_left_alone,
        a_described_function_can_be_unplugged,
    )
}

/// Interrupt cause: link status change.
const CAUSE: u32 = 1 << 2;
/// Interrupt mask set.
const IMS: usize = 0xd0;

/// An `e1000` that comes for the test. No driver of this guest knows it.
struct Nic {
    qmp: Qmp,
    address: String,
    plugged: bool,
}

impl Nic {
    fn plug() -> Result<Nic, Failed> {
        let mut qmp = Qmp::open()?;
        qmp.execute(
            "device_add",
            json!({"driver": "e1000", "id": "nic", "romfile": ""}),
        )?;
        let mut address = None;
        wait_until("the function comes", || {
            address = find("0x8086", "0x100e")?;
            Ok(address.is_some())
        })?;
        let nic = Nic {
            qmp,
            address: address.ok_or("no address")?,
            plugged: true,
        };
        // This comes last, when its BARs have their addresses.
        wait_until("its registers come", || Ok(nic.file("resource0").exists()))?;
        nic.allow_the_interrupt()?;
        Ok(nic)
    }

    fn unplug(&mut self) -> Outcome {
        self.plugged = false;
        Ok(self.qmp.remove("nic")?)
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new("/sys/bus/pci/devices")
            .join(&self.address)
            .join(name)
    }

    /// What a driver of its own would have done before.
    fn allow_the_interrupt(&self) -> Outcome {
        fs::write(self.file("enable"), "1")?;
        let registers = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.file("resource0"))?;
        let size = NonZeroUsize::new(4096).ok_or("no size")?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping of the device's registers, which nobody else uses; one register of
        // 32 bits in it is written, and it is removed again.
        unsafe {
            let at = mmap(None, size, access, MapFlags::MAP_SHARED, &registers, 0)?;
            at.byte_add(IMS).cast::<u32>().write_volatile(CAUSE);
            munmap(at, size.get())?;
        }
        Ok(())
    }

    fn driver(&self) -> Option<String> {
        let link = fs::read_link(self.file("driver")).ok()?;
        Some(link.file_name()?.to_string_lossy().into_owned())
    }

    fn is_free(&self) -> Outcome {
        let overridden = fs::read_to_string(self.file("driver_override"))?;
        ensure!(
            self.driver().is_none() && overridden == "(null)\n",
            "bound to {:?}, override {overridden:?}",
            self.driver()
        );
        Ok(())
    }

    fn add(&self, more: &[&str]) -> Result<std::process::Output, Failed> {
        let start = ["source", "add", "pci", "--device", &self.address];
        irqlink(&[&start[..], more].concat())
    }
}

impl Drop for Nic {
    fn drop(&mut self) {
        if self.plugged {
            // The test has failed or is done with it.
            let _ = self.unplug();
        }
    }
}

/// Address of the function with these ids.
fn find(vendor: &str, device: &str) -> Result<Option<String>, Failed> {
    for entry in fs::read_dir("/sys/bus/pci/devices")? {
        let path = entry?.path();
        let id = |name| fs::read_to_string(path.join(name)).unwrap_or_default();
        if id("vendor").trim_end() == vendor && id("device").trim_end() == device {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            return Ok(name);
        }
    }
    Ok(None)
}

const REGISTERS: [&str; 6] = [
    "--status",
    "0xc0",
    "--trigger",
    "0xc8",
    "--trigger-value",
    "4",
];

fn a_function_of_no_table_becomes_a_source() -> Outcome {
    const COUNT: u64 = 20;
    let nic = Nic::plug()?;
    let name = ["--name", "fpga", "--json"];
    let added = printed(&nic.add(&[&REGISTERS[..], &name].concat())?)?;
    ensure!(
        added["name"] == "fpga"
            && added["device"] == nic.address.as_str()
            && added["trigger"] == true,
        "added {added}"
    );

    let board = Board::open("fpga")?;
    let device = Device::open("fpga", Access::Read)?;
    let mut reader = FileReader::new(device, Start::Oldest)?;
    board.raise_many(COUNT as usize)?;
    let given = receive_to(&mut reader, COUNT)?;
    exactly(&given, 1, COUNT)?;
    for one in &given {
        ensure!(
            matches!(one, Given::Interrupt(record, _) if record.status & CAUSE != 0),
            "not its cause: {one:?}"
        );
    }

    command_ended(&nic.add(&REGISTERS)?, 1, &["in use already"])?;
    board.raise()?;
    command_ended(&irqlink(&["source", "remove", "fpga"])?, 0, &[])?;
    nic.is_free()
}

fn a_wrong_description_is_refused_and_the_binding_undone() -> Outcome {
    let nic = Nic::plug()?;
    for (description, words) in [
        (&["--status", "0x20000"][..], "beyond the end of the BAR"),
        (&["--status", "0xc1"], "aligned"),
        (&["--bar", "3"], "no such BAR"),
        (&["--bar", "9"], "no such BAR"),
        // Without a status register it takes MSI, which this one has not.
        (&[], "no interrupt vector"),
        (&["--status", "0xc0", "--vectors", "0"], "out of range"),
        (&["--status", "0xc0", "--name", SOURCE], "the name is taken"),
    ] {
        command_ended(&nic.add(description)?, 1, &[words])?;
        nic.is_free()?;
    }
    let absent = ["source", "add", "pci", "--device", "0000:00:1f.7"];
    command_ended(&irqlink(&absent)?, 4, &["0000:00:1f.7", "lspci"])
}

/// One that a table entry serves.
fn a_function_in_use_is_left_alone() -> Outcome {
    let edu0 = Control::open()?.source(SOURCE)?;
    let add = ["source", "add", "pci", "--device", &edu0.device];
    command_ended(&irqlink(&add)?, 1, &["in use already"])?;
    PciBinding::release(&edu0.device)?;
    Board::open(SOURCE)?.raise()
}

fn a_described_function_can_be_unplugged() -> Outcome {
    let mut nic = Nic::plug()?;
    let added = printed(&nic.add(&[&REGISTERS[..], &["--json"]].concat())?)?;
    let name = added["name"].as_str().ok_or("no name")?;
    let device = Device::open(name, Access::Read)?;
    let mut reader = FileReader::new(device, Start::Next)?;
    Board::open(name)?.raise()?;
    nic.unplug()?;
    let given = receive(&mut reader, |given| given.contains(&Given::Gone))?;
    ensure!(
        matches!(given[..], [Given::Interrupt(..), Given::Gone]),
        "the reader was given {given:?}"
    );
    Ok(())
}
