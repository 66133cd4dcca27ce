//! `irqlink source add pci` and `remove`: they bind the function and let it go again.

use std::fs::{self, File};
use std::process::{Command, Output};

use irqlink::{Access, Control, Device, FileReader, PciBinding, Start};
use libtest_mimic::Failed;

use super::described::{Card, LSC};
use super::function::Function;
use crate::board::*;
use crate::command::{ended, irqlink, json};
use crate::qmp::Qmp;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        the_command_binds_adds_and_lets_go,
        what_was_added_stays_though_it_cannot_be_told,
        the_vectors_of_a_function_are_removed_together,
        what_the_command_could_not_add_is_unbound_again,
        the_command_leaves_a_function_of_the_table_alone,
    )
}

/// The card's registers, as people write them.
const REGISTERS: [&str; 6] = [
    "--status",
    "0xc0",
    "--trigger",
    "0xc8",
    "--trigger-value",
    "4",
];

fn add(card: &Card, more: &[&str]) -> Result<Output, Failed> {
    let add = ["source", "add", "pci", "--device", &card.function.0];
    irqlink(&[&add[..], more].concat())
}

/// As it was before the command.
fn is_free(card: &Card) -> Outcome {
    let driver = card.function.driver();
    let overridden = fs::read_to_string(card.function.path("driver_override"))?;
    ensure!(
        driver.is_none() && overridden == "(null)\n",
        "bound to {driver:?}, override {overridden:?}"
    );
    Ok(())
}

fn the_command_binds_adds_and_lets_go() -> Outcome {
    const COUNT: u64 = 20;
    let card = Card::plug()?;
    let added = json(&add(
        &card,
        &[&REGISTERS[..], &["--name", "fpga", "--json"]].concat(),
    )?)?;
    ensure!(
        added["name"] == "fpga" && added["device"] == card.function.0.as_str(),
        "added {added}"
    );

    let board = Board::open("fpga")?;
    let mut reader = FileReader::new(Device::open("fpga", Access::Read)?, Start::Oldest)?;
    board.raise_many(COUNT as usize)?;
    let given = receive_to(&mut reader, COUNT)?;
    exactly(&given, 1, COUNT)?;
    let has_cause =
        |one: &Given| matches!(one, Given::Interrupt(record, _) if record.status & LSC != 0);
    ensure!(given.iter().all(has_cause), "a status is not the card's");

    // A second time takes nothing away from the first.
    ended(&add(&card, &REGISTERS)?, 1, &["in use already"])?;
    board.raise()?;
    ended(&irqlink(&["source", "remove", "fpga"])?, 0, &[])?;
    is_free(&card)
}

fn what_was_added_stays_though_it_cannot_be_told() -> Outcome {
    let card = Card::plug()?;
    let status = Command::new("irqlink")
        .args(["source", "add", "pci", "--device", &card.function.0])
        .args(REGISTERS)
        .args(["--name", "fpga"])
        .stdout(File::create("/dev/full")?)
        .status()?;
    ensure!(status.code() == Some(1), "it ended with {status}");
    Board::open("fpga")?.raise()?;
    ended(&irqlink(&["source", "remove", "fpga"])?, 0, &[])?;
    is_free(&card)
}

/// QEMU's e1000e has MSI-X.
fn the_vectors_of_a_function_are_removed_together() -> Outcome {
    let mut qmp = Qmp::open()?;
    qmp.plug("e1000e", "vectors")?;
    let outcome = add_and_remove_vectors();
    qmp.unplug("vectors")?;
    outcome
}

fn add_and_remove_vectors() -> Outcome {
    let mut found = Vec::new();
    wait_until("the kernel finds the card", || {
        found = Function::with_id(0x8086, 0x10d3)?;
        Ok(found.iter().any(|card| card.path("resource0").exists()))
    })?;
    let address = &found[0].0;
    let add = ["source", "add", "pci", "--device", address];
    let added = irqlink(&[&add[..], &["--vectors", "2", "--name", "v"]].concat())?;
    ended(&added, 0, &[])?;
    // Nothing is removed if one of them is not there.
    ended(&irqlink(&["source", "remove", "v0", "v2"])?, 4, &["v2"])?;
    let removed = irqlink(&["source", "remove", "v0", "v1"])?;
    ended(&removed, 0, &[])?;
    ensure!(
        removed.stdout == b"v0: removed\nv1: removed\n" && found[0].driver().is_none(),
        "it said {removed:?}"
    );
    Ok(())
}

fn what_the_command_could_not_add_is_unbound_again() -> Outcome {
    let card = Card::plug()?;
    for (description, words) in [
        (&["--status", "0x20000"][..], "beyond the end of the BAR"),
        (&["--bar", "9"], "no such BAR"),
        // Without a status register it takes MSI, which this one has not.
        (&[], "no interrupt vector"),
        (&["--status", "0xc0", "--name", SOURCE], "the name is taken"),
    ] {
        ended(&add(&card, description)?, 1, &[words])?;
        is_free(&card)?;
    }
    let absent = ["source", "add", "pci", "--device", "0000:00:1f.7"];
    ended(&irqlink(&absent)?, 4, &["0000:00:1f.7", "lspci"])
}

fn the_command_leaves_a_function_of_the_table_alone() -> Outcome {
    let edu0 = Control::open()?.source(SOURCE)?;
    let add = ["source", "add", "pci", "--device", &edu0.device];
    ended(&irqlink(&add)?, 1, &["in use already"])?;
    PciBinding::release(&edu0.device)?;
    Board::open(SOURCE)?.raise()
}
