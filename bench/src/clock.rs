//! `CLOCK_MONOTONIC`, and what reading it costs.

use nix::time::{ClockId, clock_gettime};

const READS: usize = 1001;

/// `CLOCK_MONOTONIC` in nanoseconds, without a system call where the vDSO can (`vdso(7)`).
#[inline]
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("this clock always exists");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

/// Median distance of two readings in a row, in nanoseconds. It is part of what is measured.
pub fn read_cost() -> u64 {
    let mut costs: Vec<u64> = (0..READS)
        .map(|_| {
            let began = now();
            now() - began
        })
        .collect();
    costs.sort_unstable();
    costs[READS / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_go_back() {
        let first = now();
        assert!(now() >= first);
    }
}
