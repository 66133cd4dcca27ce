//! KTAP, version 1 (kernel: Documentation/dev-tools/ktap.rst).

use std::io::{self, Write};

use super::{Report, TestResult, Verdict};

/// Writes results as they come. Tests that are planned and never come have not been run to their end.
pub struct Ktap<W> {
    out: W,
    /// Results so far.
    count: usize,
}

impl<W: Write> Ktap<W> {
    /// Writes the version, and the plan for that many tests.
    pub fn new(mut out: W, plan: usize) -> io::Result<Self> {
        writeln!(out, "KTAP version 1\n1..{plan}")?;
        out.flush()?;
        Ok(Ktap { out, count: 0 })
    }
}

impl<W: Write + Send> Report for Ktap<W> {
    fn add(&mut self, result: &TestResult) -> io::Result<()> {
        self.count += 1;
        let (number, name) = (self.count, &result.name);
        match &result.verdict {
            Verdict::Passed => writeln!(self.out, "ok {number} {name}")?,
            Verdict::Skipped(why) => {
                writeln!(self.out, "ok {number} {name} # SKIP {}", one_line(why))?;
            }
            Verdict::Failed(why) => {
                // What a test has to say stands before its result.
                for line in why.lines() {
                    writeln!(self.out, "# {name}: {line}")?;
                }
                writeln!(self.out, "not ok {number} {name}")?;
            }
        }
        self.out.flush()
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn written(verdicts: Vec<Verdict>) -> String {
        let mut out = Vec::new();
        let mut ktap = Ktap::new(&mut out, verdicts.len()).unwrap();
        for verdict in verdicts {
            let result = TestResult {
                name: "rig::edu::each_arrives".into(),
                time: Duration::ZERO,
                verdict,
            };
            ktap.add(&result).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_result_is_a_line_below_version_and_plan() {
        let verdicts = vec![
            Verdict::Passed,
            Verdict::Skipped("no GPIO line:\nthe source is edu0".into()),
            Verdict::Failed("3 should come, but 4..=4 did\nin [1, 2, 4]".into()),
        ];
        assert_eq!(
            written(verdicts),
            "KTAP version 1\n1..3\n\
            ok 1 rig::edu::each_arrives\n\
            ok 2 rig::edu::each_arrives # SKIP no GPIO line: the source is edu0\n\
            # rig::edu::each_arrives: 3 should come, but 4..=4 did\n\
            # rig::edu::each_arrives: in [1, 2, 4]\n\
            not ok 3 rig::edu::each_arrives\n"
        );
    }

    proptest! {
        /// Whatever a test says, it is not taken for a result.
        #[test]
        fn words_are_no_results(why in "(ok 1|not ok 2|1\\.\\.4|\\PC|\n|\r){0,20}", skip: bool) {
            let verdict = if skip { Verdict::Skipped(why) } else { Verdict::Failed(why) };
            let text = written(vec![verdict]);
            let lines: Vec<&str> = text.split('\n').skip(2).filter(|line| !line.is_empty()).collect();
            let results = lines.iter().filter(|line| !line.starts_with("# ")).count();
            prop_assert_eq!(results, 1, "{}", text);
        }
    }
}
