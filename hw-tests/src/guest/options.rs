//! The command line.

use std::fs::File;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::Parser;
use irqlink_hw_tests::results::{Junit, Ktap, Report};
use irqlink_hw_tests::rig::Rig;
use libtest_mimic::Arguments;
use nix::sys::utsname::uname;

use crate::rig::Case;
use crate::trial::Reports;

/// The tests that run on a board, the lab's virtual one or a real one.
///
/// Exit status: 0 if all passed, 101 if one failed, 2 if they could not be run or none was.
#[derive(Parser)]
pub struct Options {
    /// A rig to test (again for another one)
    #[arg(long, value_name = "FILE")]
    rig: Vec<PathBuf>,
    /// Where the report of irqlink-bench goes that a test of a rig has made
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Also write the results as KTAP (again for another file); `-` for the standard output, in place
    /// of the usual text
    #[arg(long, value_name = "FILE")]
    ktap: Vec<PathBuf>,
    /// Also write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    libtest: Arguments,
}

impl Options {
    /// What libtest-mimic does.
    pub fn libtest(&self) -> Arguments {
        let quiet = self.ktap_is_shown().then(|| "/dev/null".to_owned());
        Arguments {
            // All tests share the board's devices.
            test_threads: Some(1),
            logfile: self.libtest.logfile.clone().or(quiet),
            ..self.libtest.clone()
        }
    }

    /// The rigs.
    ///
    /// # Errors
    /// In words.
    pub fn cases(&self) -> Result<Vec<Arc<Case>>, String> {
        let case = |path: &PathBuf| {
            let rig = Rig::read(path).map_err(|e| e.to_string())?;
            Ok(Arc::new(Case {
                rig,
                report: self.report.clone(),
            }))
        };
        self.rig.iter().map(case).collect()
    }

    /// Opens the files of results, for that many tests, those of the rigs among them.
    ///
    /// # Errors
    /// In words.
    pub fn reports(&self, plan: usize, cases: &[Arc<Case>]) -> Result<Reports, String> {
        let mut reports: Vec<Box<dyn Report>> = Vec::new();
        if self.libtest.list {
            return Ok(Arc::default());
        }
        for path in &self.ktap {
            let ktap = ktap_output(path).and_then(|out| Ktap::new(out, plan));
            reports.push(Box::new(ktap.map_err(cannot_write(path))?));
        }
        if let Some(path) = &self.junit {
            let rigs: Vec<&str> = cases.iter().map(|case| case.rig.name.as_str()).collect();
            let system = uname().map_err(|e| e.to_string())?;
            let junit = Junit::new(
                path.clone(),
                &[
                    ("rig", rigs.join(" ")),
                    ("kernel", system.release().to_string_lossy().into_owned()),
                    ("machine", system.machine().to_string_lossy().into_owned()),
                ],
            );
            reports.push(Box::new(junit.map_err(cannot_write(path))?));
        }
        Ok(Arc::new(Mutex::new(reports)))
    }

    fn ktap_is_shown(&self) -> bool {
        self.ktap.iter().any(|path| is_stdout(path))
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

fn ktap_output(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    match is_stdout(path) {
        true => Ok(Box::new(stdout())),
        false => Ok(Box::new(File::create(path)?)),
    }
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> String {
    let path = path.display().to_string();
    move |e| format!("cannot write {path}: {e}")
}
