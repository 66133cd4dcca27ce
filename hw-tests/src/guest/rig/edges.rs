//! Edges of a GPIO line have their direction.

use irqlink::Edges;
use irqlink::abi::{IRQLINK_RECORD_FALLING, IRQLINK_RECORD_RISING, Record};
use irqlink_hw_tests::rig::Source;
use libtest_mimic::Failed;

use super::seen::Seen;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named, skip};
use crate::board::ensure;
use crate::paths::netlink;

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![each_edge_has_its_direction]
}

/// Edges of both directions alternate, and the line began low if the rig drives it.
fn each_edge_has_its_direction(stand: &mut Stand) -> Outcome {
    let Source::Gpio(gpio) = &stand.rig().source else {
        return skip("the source is no GPIO line");
    };
    let seen = Seen::by(netlink, stand)?;
    let mut before: Option<(u64, bool)> = None;
    for (record, _) in seen.records() {
        let up = is_up(record)?;
        let expected = match (gpio.edge, before) {
            (Edges::Rising, _) => true,
            (Edges::Falling, _) => false,
            (Edges::Both, None) if stand.is_driven() => (record.seq - seen.first) % 2 == 0,
            (Edges::Both, None) => up,
            (Edges::Both, Some((seq, was_up))) => was_up == ((record.seq - seq) % 2 == 0),
        };
        ensure!(up == expected, "the other direction: {record:?}");
        before = Some((record.seq, up));
    }
    DONE
}

fn is_up(record: &Record) -> Result<bool, Failed> {
    match record.flags & (IRQLINK_RECORD_RISING | IRQLINK_RECORD_FALLING) {
        IRQLINK_RECORD_RISING => Ok(true),
        IRQLINK_RECORD_FALLING => Ok(false),
        _ => Err(format!("no edge: {record:?}").into()),
    }
}
