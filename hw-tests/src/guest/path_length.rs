//! The clock of a board that counts instructions: 1 ns of CLOCK_MONOTONIC is one instruction.
//! Only for such a board.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::arch::asm;
use std::fs;
use std::time::Instant;

use libtest_mimic::Failed;

use crate::board::*;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        Trial::test(
            "path_length::the_clocksource_is_the_tsc",
            the_clocksource_is_the_tsc,
        ),
        Trial::test(
            "path_length::the_clock_counts_instructions",
            the_clock_counts_instructions,
        ),
        Trial::test(
            "path_length::reading_the_clock_is_no_system_call",
            reading_the_clock_is_no_system_call,
        ),
    ]
}

/// The kernel checks the TSC first, for a second, which may not be over yet.
fn the_clocksource_is_the_tsc() -> Result<(), Failed> {
    wait_until("the clock source is the TSC", || {
        let clocksource =
            fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")?;
        Ok(clocksource.trim() == "tsc")
    })
}

fn the_clock_counts_instructions() -> Result<(), Failed> {
    const TURNS: u64 = 500_000;
    const INSTRUCTIONS: u64 = 2 * TURNS;
    // The kernel measures the rate of its clock, to within this.
    const RATE_ERROR: u64 = INSTRUCTIONS / 2000;
    let ns = least(|| count_down(TURNS));
    let clock = least(|| {});
    if ns.abs_diff(INSTRUCTIONS + clock) > RATE_ERROR {
        return Err(format!("a loop of {INSTRUCTIONS} instructions took {ns} ns").into());
    }
    Ok(())
}

/// Two instructions a turn.
fn count_down(turns: u64) {
    // SAFETY: counts a register down, touches nothing else.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("2: dec {0}", "jnz 2b", inout(reg) turns => _)
    };
    // SAFETY: the same.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("2: subs {0}, {0}, #1", "b.ne 2b", inout(reg) turns => _)
    };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    panic!("{turns} turns: there is no counting board of this kind");
}

fn reading_the_clock_is_no_system_call() -> Result<(), Failed> {
    let clock = least(|| {});
    let system_call = least(|| {
        nix::unistd::getppid();
    });
    if clock > system_call / 2 {
        return Err(format!(
            "reading the clock took {clock} instructions, with a system call {system_call}"
        )
        .into());
    }
    Ok(())
}

/// The least time of several tries, in ns: interrupts only ever add to it.
fn least(mut work: impl FnMut()) -> u64 {
    let tries = (0..20).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed().as_nanos() as u64
    });
    tries.min().unwrap_or(u64::MAX)
}
