//! A boot that dies of the emulator. QEMU 7.2 with one thread a CPU at times executes the
//! breakpoint that the kernel writes for a moment where it changes its own code, and the kernel
//! dies of an oops ("Oops: int3"): once in some 50 boots. Nothing of irqlink has run by then.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::error::{Context, Result};
use crate::qemu::Accel;
use crate::vm::CONSOLE;

/// Boots of one run, at most.
const BOOTS: u32 = 3;
/// Log of what [`tell`] says.
const LOG: &str = "boot-again.log";

/// Whether a board that died before its guest was up, in this boot of the run, is to boot again.
pub fn is_worth_it(accel: Accel, console: &str, boots: u32) -> bool {
    accel == Accel::Tcg && boots < BOOTS && console.contains("Oops")
}

/// Says so, on the standard error and in the logs, where it keeps the console.
pub fn tell(logs: &Path, boots: u32) -> Result<()> {
    let console = logs.join(CONSOLE);
    let kept = logs.join(format!("console-{boots}.log"));
    let line = format!(
        "the emulated kernel died of an oops in boot {boots} of at most {BOOTS}, before the job: booting again ({})",
        kept.display()
    );
    eprintln!("{line}");
    let mut log = OpenOptions::new();
    let log = log.create(true).append(true).open(logs.join(LOG));
    log.and_then(|mut log| writeln!(log, "{line}"))
        .and_then(|()| fs::rename(&console, &kept))
        .context(|| format!("cannot keep {}", console.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OOPS: &str = "[    0.3] Oops: int3: 0000 [#1] SMP\n[    0.3] RIP: 0010:sched_clock_cpu\n";

    #[test]
    fn an_oops_of_the_emulator_is_worth_two_more_boots() {
        let boots = [1, 2, 3].map(|boots| is_worth_it(Accel::Tcg, OOPS, boots));
        assert_eq!(boots, [true, true, false]);
    }

    #[test]
    fn another_death_is_not() {
        let panic = "[    0.3] Kernel panic - not syncing: No working init found.\n";
        assert!(!is_worth_it(Accel::Tcg, panic, 1));
        assert!(!is_worth_it(Accel::Tcg, "", 1));
    }

    #[test]
    fn a_processor_and_an_emulator_with_one_thread_have_no_excuse() {
        assert!(!is_worth_it(Accel::Kvm, OOPS, 1));
        assert!(!is_worth_it(Accel::PathLength, OOPS, 1));
    }
}
