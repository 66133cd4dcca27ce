//! Tests that were skipped, and why.

use std::collections::BTreeMap;

use crate::kernel::Flavour;

/// Why a test of a rig may be skipped on the lab's own kernels, which have all that tests need: parts of
/// reasons.
const OF_RIGS: [&str; 6] = [
    "the rig sets no limit to ",
    "the rig only listens",
    "the source is no GPIO line",
    " cannot raise its own interrupt, as irqlink-bench has it do",
    "this CPU is emulated: its times are not those of hardware",
    "the clock of this board does not count instructions",
];
/// Why a test may be skipped on `lean`, which has no debugging.
const OF_LEAN: &str = "this kernel injects no faults";

/// How many tests were skipped for which reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips(BTreeMap<String, u32>);

impl Skips {
    /// Of what test programs print: `test name ... ignored (reason)`, or as libtest has it, `ignored, reason`.
    pub fn of_libtest(output: &str) -> Skips {
        let mut skips = BTreeMap::new();
        for line in output.lines().filter(|line| line.starts_with("test ")) {
            if let Some((_, reason)) = line.split_once(" ... ignored") {
                let reason = reason.trim_start_matches([',', ' ', '(']);
                let reason = reason.strip_suffix(')').unwrap_or(reason);
                *skips.entry(reason.to_owned()).or_default() += 1;
            }
        }
        Skips(skips)
    }

    /// How many.
    pub fn count(&self) -> u32 {
        self.0.values().sum()
    }

    /// A line for each reason.
    pub fn lines(&self) -> Vec<String> {
        let line = |(reason, count): (&String, &u32)| format!("{count} skipped: {reason}");
        self.0.iter().map(line).collect()
    }

    /// Those for other reasons than are known, on a kernel on which nearly all tests can be run.
    pub fn unexpected(&self, flavour: Flavour) -> Skips {
        let is_known = |reason: &str| match flavour {
            Flavour::Lean if reason == OF_LEAN => true,
            Flavour::Lean | Flavour::Debug => OF_RIGS.iter().any(|part| reason.contains(part)),
            _ => true,
        };
        let unknown = self.0.iter().filter(|(reason, _)| !is_known(reason));
        Skips(
            unknown
                .map(|(reason, count)| (reason.clone(), *count))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\nrunning 5 tests\ntest a ... ok\ntest rig::edu::b   ... ignored (this kernel has no x (and no y))\n\
        test c ... ignored (this kernel has no x (and no y))\ntest d ... ignored, takes long\ntest e ... ignored\n\
        test result: ok. 1 passed; 0 failed; 4 ignored; 0 measured; 0 filtered out\n";

    #[test]
    fn skips_are_counted_by_their_reasons() {
        let skips = Skips::of_libtest(OUTPUT);
        assert_eq!(skips.count(), 4);
        assert_eq!(
            skips.lines(),
            [
                "1 skipped: ",
                "1 skipped: takes long",
                "2 skipped: this kernel has no x (and no y)"
            ]
        );
        assert_eq!(Skips::of_libtest("test a ... ok\n").count(), 0);
    }

    #[test]
    fn a_reason_that_nobody_knows_is_unexpected() {
        let unexpected =
            |output: &str, flavour| Skips::of_libtest(output).unexpected(flavour).count();
        for (flavour, count) in [
            (Flavour::Lean, 4),
            (Flavour::Debug, 4),
            (Flavour::Stock61, 0),
        ] {
            assert_eq!(unexpected(OUTPUT, flavour), count);
        }
        let known = OF_RIGS
            .map(|part| format!("test a ... ignored (edu0: {part})\n"))
            .concat();
        assert_eq!(unexpected(&known, Flavour::Debug), 0);
        let lean = format!("test a ... ignored ({OF_LEAN})\n");
        assert_eq!(unexpected(&lean, Flavour::Lean), 0);
        assert_eq!(unexpected(&lean, Flavour::Debug), 1);
    }
}
