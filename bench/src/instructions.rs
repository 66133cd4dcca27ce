//! Does the clock count instructions? Measured, not assumed: loops of known length must take as
//! many nanoseconds as they have instructions. Only an emulator that counts does that (QEMU:
//! `-accel tcg -icount shift=0`); on a processor the two loops differ in instructions per cycle, so
//! that no clock rate fits both.

use crate::clock;

/// Turns of each loop.
const TURNS: u64 = 100_000;
/// Runs of each loop.
const RUNS: usize = 16;
/// Runs that must agree: a timer interrupt lengthens one now and then.
const AGREE: usize = 12;
/// Part of the length that it may be wrong by: the kernel calibrates the rate of its clock.
const TOLERANCE: u64 = 1000;

/// Why the clock does not count instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A loop took another time.
    #[error("a loop of {instructions} instructions took {nanoseconds} ns, not {instructions}")]
    Differs {
        /// Length of the loop.
        instructions: u64,
        /// Median of its time.
        nanoseconds: u64,
    },
    /// Some runs took another time.
    #[error("a loop of {instructions} instructions took as many ns in {agree} of {RUNS} runs only")]
    Unsteady {
        /// Length of the loop.
        instructions: u64,
        /// Runs that took the right time.
        agree: usize,
    },
    /// There is no such loop for this processor.
    #[error("this processor's instructions are not known to the check")]
    Unknown,
}

/// A loop, and instructions of one turn.
type Loop = (fn(u64), u64);

/// Checks the clock.
///
/// # Errors
/// It does not count instructions.
pub fn check() -> Result<(), Mismatch> {
    if LOOPS.is_empty() {
        return Err(Mismatch::Unknown);
    }
    for (run, length) in LOOPS {
        let empty = times(|| run(1)).into_iter().min().unwrap_or_default();
        // The shortest run already has one turn in it.
        let times = times(|| run(TURNS + 1)).map(|time| time.saturating_sub(empty));
        judge(TURNS * length, times)?;
    }
    Ok(())
}

fn times(work: impl Fn()) -> [u64; RUNS] {
    std::array::from_fn(|_| {
        let began = clock::now();
        work();
        clock::now() - began
    })
}

fn judge(instructions: u64, mut times: [u64; RUNS]) -> Result<(), Mismatch> {
    let right = |time: u64| time.abs_diff(instructions) <= instructions / TOLERANCE;
    times.sort_unstable();
    let nanoseconds = times[RUNS / 2];
    let agree = times.iter().filter(|time| right(**time)).count();
    if !right(nanoseconds) {
        return Err(Mismatch::Differs {
            instructions,
            nanoseconds,
        });
    }
    if agree < AGREE {
        return Err(Mismatch::Unsteady {
            instructions,
            agree,
        });
    }
    Ok(())
}

#[cfg(target_arch = "x86_64")]
const LOOPS: &[Loop] = &[(count_down, 2), (multiply, 6)];
#[cfg(target_arch = "aarch64")]
const LOOPS: &[Loop] = &[(count_down, 2), (multiply, 6)];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const LOOPS: &[Loop] = &[];

#[cfg(target_arch = "x86_64")]
fn count_down(turns: u64) {
    // SAFETY: counts a register down, touches nothing else.
    unsafe {
        std::arch::asm!("2: dec {0}", "jnz 2b", inout(reg) turns => _, options(nomem, nostack));
    }
}

#[cfg(target_arch = "x86_64")]
fn multiply(turns: u64) {
    // SAFETY: uses two registers, touches nothing else.
    unsafe {
        std::arch::asm!(
            "2: imul {1}, {1}", "imul {1}, {1}", "imul {1}, {1}", "imul {1}, {1}",
            "dec {0}", "jnz 2b",
            inout(reg) turns => _, inout(reg) 3u64 => _, options(nomem, nostack),
        );
    }
}

#[cfg(target_arch = "aarch64")]
fn count_down(turns: u64) {
    // SAFETY: counts a register down, touches nothing else.
    unsafe {
        std::arch::asm!("2: subs {0}, {0}, #1", "b.ne 2b", inout(reg) turns => _, options(nomem, nostack));
    }
}

#[cfg(target_arch = "aarch64")]
fn multiply(turns: u64) {
    // SAFETY: uses two registers, touches nothing else.
    unsafe {
        std::arch::asm!(
            "2: mul {1}, {1}, {1}", "mul {1}, {1}, {1}", "mul {1}, {1}, {1}", "mul {1}, {1}, {1}",
            "subs {0}, {0}, #1", "b.ne 2b",
            inout(reg) turns => _, inout(reg) 3u64 => _, options(nomem, nostack),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_counts_passes_in_spite_of_a_few_interrupts() {
        let mut times = [200_100; RUNS];
        times[3] = 204_000;
        assert_eq!(judge(200_000, times), Ok(()));
    }

    #[test]
    fn a_processor_fails() {
        assert_eq!(
            judge(200_000, [33_000; RUNS]),
            Err(Mismatch::Differs {
                instructions: 200_000,
                nanoseconds: 33_000
            })
        );
    }

    #[test]
    fn a_clock_that_counts_now_and_then_fails() {
        let mut times = [200_000; RUNS];
        times[..6].fill(150_000);
        assert_eq!(
            judge(200_000, times),
            Err(Mismatch::Unsteady {
                instructions: 200_000,
                agree: 10
            })
        );
    }

    #[test]
    fn the_loops_end() {
        for (run, _) in LOOPS {
            run(10);
        }
    }
}
