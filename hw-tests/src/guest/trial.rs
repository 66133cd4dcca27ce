//! A test, and how it becomes one of libtest-mimic's that also enters its result into files.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use irqlink_hw_tests::results::{Report, TestResult, Verdict};
use libtest_mimic::{Completion, Failed};

/// The files that results are entered into.
pub type Reports = Arc<Mutex<Vec<Box<dyn Report>>>>;

type Run = Box<dyn FnOnce() -> Result<Completion, Failed> + Send>;

/// A test that has not been run.
pub struct Trial {
    name: String,
    run: Run,
}

impl Trial {
    /// One that passes or fails.
    pub fn test(
        name: impl Into<String>,
        run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Trial {
        Trial::skippable(name, || run().map(|()| Completion::Completed))
    }

    /// One that may find that it cannot be run here, and says why.
    pub fn skippable(
        name: impl Into<String>,
        run: impl FnOnce() -> Result<Completion, Failed> + Send + 'static,
    ) -> Trial {
        Trial {
            name: name.into(),
            run: Box::new(run),
        }
    }

    /// The same test, which cannot be run here.
    pub fn skip(self, why: &str) -> Trial {
        let why = why.to_owned();
        Trial::skippable(self.name, || Ok(Completion::ignored_with(why)))
    }

    /// The test for libtest-mimic.
    pub fn reporting_to(self, reports: &Reports) -> libtest_mimic::Trial {
        let Trial { name, run } = self;
        let (reports, shown) = (reports.clone(), name.clone());
        libtest_mimic::Trial::ignorable_test(shown, move || {
            let began = Instant::now();
            let outcome = panic::catch_unwind(AssertUnwindSafe(run))
                .unwrap_or_else(|panic| Err(message(&*panic).into()));
            let result = TestResult {
                name,
                time: began.elapsed(),
                verdict: verdict(&outcome),
            };
            let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
            for report in &mut *reports {
                report
                    .add(&result)
                    .map_err(|e| format!("cannot write the results: {e}"))?;
            }
            outcome
        })
    }
}

/// All of them skipped, if there is a reason.
pub fn skip_if(why: Option<String>, trials: Vec<Trial>) -> Vec<Trial> {
    match why {
        None => trials,
        Some(why) => trials.into_iter().map(|trial| trial.skip(&why)).collect(),
    }
}

fn verdict(outcome: &Result<Completion, Failed>) -> Verdict {
    match outcome {
        Ok(Completion::Completed) => Verdict::Passed,
        Ok(Completion::Ignored { reason }) => Verdict::Skipped(reason.clone().unwrap_or_default()),
        Err(failed) => Verdict::Failed(failed.message().unwrap_or("no message").to_owned()),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
