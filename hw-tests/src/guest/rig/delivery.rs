//! Every event arrives once, in order, on each path.

use super::seen::{Seen, account};
use super::stand::Stand;
use super::{DONE, Outcome, Test, test};
use crate::board::ensure;
use crate::paths::{self, Open};

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    let by = |(path, open)| {
        let name = format!("each_event_arrives_once_and_in_order_by_{path}");
        test(name, move |stand| by(open, stand))
    };
    paths::ALL.map(by).into()
}

fn by(open: Open, stand: &mut Stand) -> Outcome {
    let seen = Seen::by(open, stand)?;
    let last = seen.first + stand.rig().events - 1;
    let (_, lost) = account(&seen.given, seen.first, last)?;
    let allowed = stand.rig().limits.lost;
    ensure!(lost <= allowed, "{lost} events were lost, {allowed} may be");
    let (head, events) = (stand.board.head()?, stand.rig().events);
    ensure!(
        !stand.is_driven() || head == last,
        "{events} events were made, {} came: does the line bounce, or does something else make interrupts?",
        head + 1 - seen.first
    );
    DONE
}
