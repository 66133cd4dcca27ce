//! JUnit XML, as CI systems show it.

use std::fs;
use std::io;
use std::path::PathBuf;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, TestResult, Verdict};

/// Name of the document and of its suite.
const NAME: &str = "irqlink";

/// Writes the whole file again at each result: it must be a document at any time.
pub struct Junit {
    path: PathBuf,
    suite: TestSuite,
}

impl Junit {
    /// Writes a document without results; `properties` are names and values that describe the run.
    pub fn new(path: PathBuf, properties: &[(&str, String)]) -> io::Result<Self> {
        let mut suite = TestSuite::new(NAME);
        for (name, value) in properties {
            suite.add_property((*name, value.as_str()));
        }
        let junit = Junit { path, suite };
        junit.write()?;
        Ok(junit)
    }

    fn write(&self) -> io::Result<()> {
        let mut document = Document::new(NAME);
        document.add_test_suite(self.suite.clone());
        let text = document.to_string().map_err(io::Error::other)?;
        let partial = self.path.with_extension("partial");
        fs::write(&partial, text)?;
        fs::rename(&partial, &self.path)
    }
}

impl Report for Junit {
    fn add(&mut self, result: &TestResult) -> io::Result<()> {
        let mut status = match &result.verdict {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Failed(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Skipped(_) => TestCaseStatus::skipped(),
        };
        if let Verdict::Failed(why) | Verdict::Skipped(why) = &result.verdict {
            status.set_message(why.as_str());
        }
        let (topic, name) = result.name.rsplit_once("::").unwrap_or(("", &result.name));
        let mut case = TestCase::new(name, status);
        case.set_classname(topic).set_time(result.time);
        self.suite.add_test_case(case);
        self.write()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn read(path: &Path) -> TestSuite {
        let document = Document::deserialize_from_str(&fs::read_to_string(path).unwrap()).unwrap();
        document.test_suites[0].clone()
    }

    fn written(verdicts: &[Verdict]) -> TestSuite {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("junit.xml");
        let mut junit = Junit::new(path.clone(), &[("rig", "edu".into())]).unwrap();
        for verdict in verdicts {
            let result = TestResult {
                name: "rig::edu::each_arrives".into(),
                time: Duration::from_millis(1_500),
                verdict: verdict.clone(),
            };
            junit.add(&result).unwrap();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        read(&path)
    }

    #[test]
    fn results_are_counted_with_their_words() {
        let suite = written(&[
            Verdict::Passed,
            Verdict::Failed("2 < 3 & \"more\"".into()),
            Verdict::Skipped("no GPIO line".into()),
        ]);
        assert_eq!((suite.tests, suite.failures), (3, 1));
        assert_eq!(suite.properties[0].value.as_str(), "edu");
        let case = &suite.test_cases[1];
        assert_eq!(case.name.as_str(), "each_arrives");
        assert_eq!(case.classname.as_ref().unwrap().as_str(), "rig::edu");
        assert_eq!(case.time, Some(Duration::from_millis(1_500)));
        let words = |case: &TestCase| match &case.status {
            TestCaseStatus::NonSuccess { message, .. }
            | TestCaseStatus::Skipped { message, .. } => {
                message.clone().map(|text| text.as_str().to_owned())
            }
            TestCaseStatus::Success { .. } => None,
        };
        assert_eq!(words(case).as_deref(), Some("2 < 3 & \"more\""));
        assert_eq!(words(&suite.test_cases[2]).as_deref(), Some("no GPIO line"));
    }

    #[test]
    fn without_results_it_is_a_document() {
        assert_eq!(written(&[]).tests, 0);
    }

    proptest! {
        /// Whatever a test says, the document can be read.
        #[test]
        fn words_do_not_break_the_document(why in "([<>&\"']|]]>|\\PC|[\\x00-\\x1f]){0,20}") {
            prop_assert_eq!(written(&[Verdict::Failed(why)]).failures, 1);
        }
    }
}
