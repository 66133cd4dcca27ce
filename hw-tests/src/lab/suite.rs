//! Counts tests: one line a step, one closing line.

use std::collections::VecDeque;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::kernel::Flavour;
use crate::progress::Progress;
use crate::skips::Skips;

/// What came of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Tests that were skipped.
    pub skips: Skips,
    /// What to show if one failed.
    pub output: String,
}

impl Tally {
    /// A step that is one test.
    pub fn of(result: Result<()>) -> Tally {
        match result {
            Ok(()) => Tally {
                passed: 1,
                ..Tally::default()
            },
            Err(e) => Tally {
                failed: 1,
                output: e.to_string(),
                ..Tally::default()
            },
        }
    }

    /// Of a program that prints the closing lines of libtest. One that failed without saying that a
    /// test did, as when it does not compile, counts as a failed test; so does one without any test.
    pub fn of_libtest(output: String, success: bool) -> Tally {
        let mut tally = Tally::default();
        for line in output
            .lines()
            .filter_map(|line| line.trim().strip_prefix("test result: "))
        {
            let count = |what: &str| {
                let words = line.split([' ', ';', '.']).collect::<Vec<_>>();
                let at = words.iter().position(|word| *word == what);
                at.and_then(|at| words[at - 1].parse::<u32>().ok())
                    .unwrap_or(0)
            };
            tally.passed += count("passed");
            tally.failed += count("failed");
        }
        if tally.failed == 0 && (!success || tally.passed == 0) {
            tally.failed = 1;
        }
        Tally {
            skips: Skips::of_libtest(&output),
            output,
            ..tally
        }
    }

    /// With tests that were skipped for no reason known of that kernel as failed ones.
    pub fn strict(mut self, flavour: Flavour) -> Tally {
        let unexpected = self.skips.unexpected(flavour);
        if unexpected.count() > 0 {
            self.failed += unexpected.count();
            let lines = unexpected.lines().join("\n");
            self.output = format!("this kernel was to run them all:\n{lines}\n{}", self.output);
        }
        self
    }
}

/// What libtest says of the tests that failed.
pub fn failures(output: &str) -> &str {
    match output.split_once("\nfailures:\n") {
        Some((_, failures)) => failures.trim(),
        None => "",
    }
}

/// A step yet to be done.
pub struct Step<'a> {
    name: String,
    work: Box<dyn FnOnce() -> Result<Tally> + Send + 'a>,
}

impl<'a> Step<'a> {
    /// That does `work`.
    pub fn new(
        name: impl Into<String>,
        work: impl FnOnce() -> Result<Tally> + Send + 'a,
    ) -> Step<'a> {
        Step {
            name: name.into(),
            work: Box::new(work),
        }
    }

    /// Does it; gives its name, what came of it and how long it took. An error is a failed test.
    fn run(self) -> (String, Tally, Duration) {
        let began = Instant::now();
        let tally = (self.work)().unwrap_or_else(|e: Error| Tally::of(Err(e)));
        (self.name, tally, began.elapsed())
    }
}

/// All steps so far.
pub struct Suite<'a> {
    only: &'a [String],
    progress: Progress,
    passed: u32,
    failed: u32,
}

impl<'a> Suite<'a> {
    /// None yet; of those to come only the ones whose names contain one of `only`, if there is any.
    pub fn new(only: &'a [String], progress: Progress) -> Self {
        Suite {
            only,
            progress,
            passed: 0,
            failed: 0,
        }
    }

    /// Does a step and prints its line. An error is a failed test.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Tally> + Send) {
        if self.is_wanted(name) {
            let done = self.progress.step(name, || Step::new(name, work).run());
            self.add(done);
        }
    }

    /// Does steps that boot a board, which has two CPUs, as many at once as there are CPUs for, and prints
    /// their lines as they end.
    pub fn side_by_side(&mut self, mut steps: VecDeque<Step<'_>>) {
        steps.retain(|step| self.is_wanted(&step.name));
        let (phase, total) = (self.progress.start("virtual boards"), steps.len());
        let steps = Mutex::new(steps);
        let next = || {
            let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
            steps.pop_front()
        };
        let (tell, told) = channel();
        thread::scope(|scope| {
            let cpus = thread::available_parallelism().map_or(1, usize::from);
            for _ in 0..(cpus / 2).max(1) {
                let (next, tell) = (&next, tell.clone());
                scope.spawn(move || {
                    while let Some(step) = next() {
                        // It is heard to the end.
                        let _ = tell.send(step.run());
                    }
                });
            }
            drop(tell);
            for (count, done) in told.iter().enumerate() {
                phase.suspend(|| self.add(done));
                phase.tell(&format!("{} of {total} done", count + 1));
            }
        });
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|words| name.contains(words))
    }

    fn add(&mut self, (name, tally, time): (String, Tally, Duration)) {
        println!("{}", line(&name, &tally, time));
        for skipped in tally.skips.lines() {
            println!("       {skipped}");
        }
        if tally.failed > 0 {
            println!("{}", tally.output.trim_end());
        }
        self.passed += tally.passed;
        self.failed += tally.failed;
    }

    /// Prints the closing line; says whether all tests passed.
    pub fn finish(self) -> bool {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.passed + self.failed == 0 {
            eprintln!("no step has such a line: {}", self.only.join(", "));
            return false;
        }
        self.failed == 0
    }
}

fn line(name: &str, tally: &Tally, time: Duration) -> String {
    let verdict = if tally.failed == 0 {
        "ok    "
    } else {
        "FAILED"
    };
    let mut counts = match (tally.passed, tally.failed) {
        (1, 0) | (0, 1) => String::new(),
        (passed, 0) => format!("{passed} tests"),
        (passed, failed) => format!("{failed} of {} tests", passed + failed),
    };
    if tally.skips.count() > 0 {
        counts += &format!(", {} skipped", tally.skips.count());
    }
    format!(
        "{verdict} {name:<44} {counts:>23} {:7.1} s",
        time.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str, success: bool) -> (u32, u32) {
        let tally = Tally::of_libtest(output.into(), success);
        (tally.passed, tally.failed)
    }

    #[test]
    fn the_counts_of_all_test_programs_add_up() {
        let output = "test a ... ok\ntest result: ok. 8 passed; 0 failed; 0 ignored; 0 measured\n\n\
            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(tally(output, false), (10, 1));
    }

    #[test]
    fn what_does_not_compile_is_a_failure() {
        assert_eq!(tally("error: could not compile `irqlink`\n", false), (0, 1));
        assert_eq!(
            tally(
                "test result: ok. 8 passed; 0 failed;\nerror: could not compile\n",
                false
            ),
            (8, 1)
        );
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        assert_eq!(tally("", true), (0, 1));
        assert_eq!(
            tally(
                "test result: ok. 0 passed; 0 failed; 5 filtered out\n",
                true
            ),
            (0, 1)
        );
    }

    #[test]
    fn the_failures_are_taken_from_the_rest() {
        let output = "test a ... ok\n\nfailures:\n\n---- b ----\nwhy\n";
        assert_eq!(failures(output), "---- b ----\nwhy");
        assert_eq!(failures("test a ... ok\n"), "");
    }

    #[test]
    fn steps_side_by_side_all_count() {
        let mut suite = Suite::new(&[], Progress::Silent);
        let steps = (0..9).map(|n| {
            Step::new(format!("step {n}"), move || match n {
                4 => Err(Error::Other("why".into())),
                _ => Ok(Tally::of(Ok(()))),
            })
        });
        suite.side_by_side(steps.collect());
        assert_eq!((suite.passed, suite.failed), (8, 1));
    }

    #[test]
    fn a_step_of_several_tests_tells_how_many() {
        let tally = Tally {
            passed: 3,
            failed: 1,
            ..Tally::default()
        };
        let told = line("in the guest", &tally, Duration::from_millis(1250));
        assert!(
            told.starts_with("FAILED in the guest ") && told.ends_with(" 1 of 4 tests     1.2 s"),
            "{told}"
        );
        let skips = Skips::of_libtest("test a ... ignored (no line)\n");
        let told = line("guest", &Tally { skips, ..tally }, Duration::ZERO);
        assert!(told.contains(" 1 of 4 tests, 1 skipped "), "{told}");
    }

    #[test]
    fn where_all_can_be_run_a_skip_is_a_failure() {
        let output = "test a ... ok\ntest b ... ignored (no line)\ntest result: ok. 1 passed; 0 failed; 1 ignored\n";
        let tally = Tally::of_libtest(output.into(), true);
        assert_eq!(tally.failed, 0);
        let strict = tally.strict(Flavour::Lean);
        assert_eq!(strict.failed, 1);
        assert!(strict.output.contains("1 skipped: no line"));
    }
}
