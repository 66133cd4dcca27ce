//! Rate and latency stay within the rig's limits, where the CPU is a real one.

use std::time::Duration;

use irqlink::Accel;

use super::seen::Seen;
use super::stand::Stand;
use super::{DONE, Outcome, Test, named, skip};
use crate::board::ensure;
use crate::paths::netlink;

/// Why nothing is said of times.
const EMULATED: &str = "this CPU is emulated: its times are not those of hardware";

/// The tests of this file.
pub fn tests() -> Vec<Test> {
    named![
        the_rate_is_within_its_limits,
        the_latency_is_within_its_limit
    ]
}

fn is_emulated() -> bool {
    Accel::detect(false).is_emulated()
}

/// By the stamps; one event at a time if the rig drives, each when the one before was received.
fn the_rate_is_within_its_limits(stand: &mut Stand) -> Outcome {
    let limits = &stand.rig().limits;
    let (min, max) = (limits.min_rate, limits.max_rate);
    if min.is_none() && max.is_none() {
        return skip("the rig sets no limit to the rate");
    }
    if is_emulated() {
        return skip(EMULATED);
    }
    let seen = Seen::by(netlink, stand)?;
    let stamps: Vec<u64> = seen.records().map(|(record, _)| record.time_ns).collect();
    let Some(rate) = rate(&stamps) else {
        return skip("a rate takes two events");
    };
    ensure!(
        min.is_none_or(|min| rate >= min) && max.is_none_or(|max| rate <= max),
        "{rate} events a second; the limits are {min:?} to {max:?}"
    );
    DONE
}

/// Events a second.
fn rate(stamps: &[u64]) -> Option<u64> {
    let (first, last) = (stamps.first()?, stamps.last()?);
    let time = last.checked_sub(*first).filter(|time| *time > 0)?;
    Some((stamps.len() as u64 - 1) * 1_000_000_000 / time)
}

/// p99 from the stamp to the first clock reading of a receiver that slept.
fn the_latency_is_within_its_limit(stand: &mut Stand) -> Outcome {
    let Some(limit) = stand.rig().limits.latency else {
        return skip("the rig sets no limit to the latency");
    };
    if is_emulated() {
        return skip(EMULATED);
    }
    let seen = Seen::by(netlink, stand)?;
    let mut times: Vec<u64> = seen
        .records()
        .map(|(record, arrival)| arrival.saturating_sub(record.time_ns))
        .collect();
    times.sort_unstable();
    let rank = (times.len() * 99).div_ceil(100).saturating_sub(1);
    let p99 = Duration::from_nanos(*times.get(rank).ok_or("nothing came")?);
    ensure!(p99 <= limit, "p99 is {p99:?}, the limit is {limit:?}");
    DONE
}
