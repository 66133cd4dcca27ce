//! Results of KUnit (kernel: Documentation/dev-tools/ktap.rst).

use crate::suite::Tally;

/// Counts the tests of one suite, as debugfs shows it: plan and tests are indented, the suite's own
/// verdict is not. A test that was skipped, or did not come to its end, has failed.
pub fn tally(text: &str) -> Tally {
    let lines = || text.lines().filter_map(|line| line.strip_prefix("    "));
    let planned: u32 = lines()
        .filter_map(|line| line.strip_prefix("1..")?.parse::<u32>().ok())
        .sum();
    let passed = lines()
        .filter(|line| line.starts_with("ok ") && !line.contains("# SKIP"))
        .count() as u32;
    let is_whole = text.lines().any(|line| line.starts_with("ok "));
    Tally {
        passed,
        failed: match planned.saturating_sub(passed) {
            0 if !is_whole || passed == 0 => 1,
            failed => failed,
        },
        output: text.into(),
        ..Tally::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> (u32, u32) {
        let tally = tally(text);
        (tally.passed, tally.failed)
    }

    const PASSED: &str = "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: irqlink_log\n    1..2\n    \
        ok 1 a_new_log_is_empty\n    ok 2 wrap\n# irqlink_log: pass:2 fail:0 skip:0 total:2\nok 1 irqlink_log\n";

    #[test]
    fn tests_are_counted_and_suites_are_not() {
        assert_eq!(counts(PASSED), (2, 0));
    }

    #[test]
    fn failed_and_skipped_tests_are_failures() {
        let failed = PASSED.replace("    ok 2", "    not ok 2");
        assert_eq!(counts(&failed), (1, 1));
        let skipped = PASSED.replace("wrap", "wrap # SKIP no reason");
        assert_eq!(counts(&skipped), (1, 1));
    }

    #[test]
    fn what_is_missing_has_failed() {
        assert_eq!(counts(""), (0, 1));
        assert_eq!(counts(&PASSED[..PASSED.find("    ok 2").unwrap()]), (1, 1));
        assert_eq!(counts(&PASSED[..PASSED.find("\nok 1").unwrap()]), (2, 1));
    }
}
