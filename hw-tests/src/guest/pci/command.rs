//! `irqlink source add pci` and `remove`: they bind the function and let it go again.

use std::fs;
use std::process::Output;

use irqlink::{Access, Control, Device, FileReader, PciBinding, Start};
use libtest_mimic::Failed;

use super::described::{Card, LSC};
use crate::board::*;
use crate::command::{ended, irqlink, json};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        the_command_binds_adds_and_lets_go,
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
