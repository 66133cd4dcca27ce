//! INTx: an interrupt line that functions share.

use std::fs;
use std::thread;
use std::time::Duration;

use irqlink::abi::{IRQLINK_RECORD_MASKED, IRQLINK_RECORD_STORM};
use irqlink::{Access, Agent, Control, Device, FileReader, Options, Start};
use libtest_mimic::Failed;

use super::function::Function;
use crate::board::*;
use crate::guard::{Waiting, flags, limit, set};
use crate::removal::Spare;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("pci":
        interrupts_on_a_line_arrive_once_and_in_order,
        an_interrupt_on_a_shared_line_is_its_devices_only,
        what_is_masked_waits_though_the_line_is_shared,
        what_is_masked_for_two_reasons_waits_for_both,
    )
}

/// A function without MSI; it has it again when this is dropped.
struct Line(Function);

impl Line {
    fn use_for(function: Function) -> Result<Line, Failed> {
        ensure!(function.has_msi(), "{function:?} has no MSI to begin with");
        let line = Line(function);
        line.set_msi(false)?;
        ensure!(!line.0.has_msi(), "{:?} still has MSI", line.0);
        Ok(line)
    }

    /// The driver chooses when it is bound.
    fn set_msi(&self, on: bool) -> Outcome {
        let Line(function) = self;
        function.unbind()?;
        fs::write(function.path("msi_bus"), if on { "1" } else { "0" })?;
        Ok(function.bind()?)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Where that fails, the next test sees that the source is missing.
        let _ = self.set_msi(true);
    }
}

fn irq(source: &str) -> Result<u32, Failed> {
    Ok(Control::open()?.source(source)?.irq)
}

/// Opens a source that is being made.
fn open(source: &str) -> Result<Board, Failed> {
    wait_until("its device file is there", || {
        Ok(std::path::Path::new("/dev/irqlink").join(source).exists())
    })?;
    Board::open(source)
}

fn interrupts_on_a_line_arrive_once_and_in_order() -> Outcome {
    const COUNT: u64 = 200;
    let function = Function::of(SOURCE)?;
    let line = Line::use_for(function.clone())?;

    let board = open(SOURCE)?;
    let mut agent = Agent::open(Options::default())?;
    let first = agent.register(SOURCE, Start::Next)?.first;
    board.raise_many(COUNT as usize)?;
    let last = first + COUNT - 1;
    exactly(&receive_to(&mut agent, last)?, first, last)?;

    drop((board, agent, line));
    ensure!(function.has_msi(), "MSI did not come back");
    open(SOURCE)?.raise()
}

/// Does `test` with [`SOURCE`] and another device on the same line.
fn on_a_shared_line(test: impl FnOnce(&Board, &Board) -> Outcome) -> Outcome {
    let mut spare = Spare::plug()?;
    let lines = [
        Line::use_for(Function::of(SOURCE)?)?,
        Line::use_for(Function::of(&spare.name)?)?,
    ];
    ensure!(
        irq(SOURCE)? == irq(&spare.name)?,
        "they do not share a line"
    );
    let tested = test(&open(SOURCE)?, &open(&spare.name)?);

    drop(lines);
    spare.unplug()?;
    tested?;
    open(SOURCE)?.raise()
}

/// The handler of the other device sees that its status is 0, and says IRQ_NONE.
fn an_interrupt_on_a_shared_line_is_its_devices_only() -> Outcome {
    const COUNT: usize = 50;
    on_a_shared_line(|one, other| {
        for (raised, quiet) in [(one, other), (other, one)] {
            let heads = [raised.head()?, quiet.head()?];
            raised.raise_many(COUNT)?;
            ensure!(
                [raised.head()?, quiet.head()?] == [heads[0] + COUNT as u64, heads[1]],
                "from {heads:?} to {} and {}",
                raised.head()?,
                quiet.head()?
            );
        }
        Ok(())
    })
}

/// The interrupts of the other device make the handler look at a status that is not 0.
fn what_is_masked_waits_though_the_line_is_shared() -> Outcome {
    on_a_shared_line(|one, other| {
        let waiting = Waiting::open(SOURCE)?;
        waiting.raise_and_raise()?;
        let head = one.head()?;
        other.raise_many(5)?;
        ensure!(one.head()? == head, "it did not wait to be acknowledged");
        waiting.device().ack()?;
        wait_until("the one that waited comes", || Ok(one.head()? == head + 1))
    })
}

/// Disabling INTx does not nest in the function itself, as it does for an interrupt of its own.
fn what_is_masked_for_two_reasons_waits_for_both() -> Outcome {
    const BOTH: u32 = IRQLINK_RECORD_MASKED | IRQLINK_RECORD_STORM;
    let _line = Line::use_for(Function::of(SOURCE)?)?;
    let board = open(SOURCE)?;
    let mut reader = FileReader::new(Device::open(SOURCE, Access::Read)?, Start::Next)?;
    let waiting = Waiting::open(SOURCE)?;
    set(board.device().source(), limit(1, Duration::from_secs(60)))?;
    loop {
        board.raise()?;
        let given = receive_to(&mut reader, board.head()?)?;
        let both = flags(&given).contains(&BOTH);
        waiting.device().ack()?;
        if both {
            break;
        }
    }
    let head = board.head()?;
    board.device().trigger()?;
    thread::sleep(Duration::from_millis(100));
    ensure!(board.head()? == head, "the acknowledgement ended the pause");

    set(
        board.device().source(),
        limit(0, Duration::from_millis(100)),
    )?;
    wait_until(
        "the one that waited comes",
        || Ok(board.head()? == head + 1),
    )?;
    Ok(waiting.device().ack()?)
}
