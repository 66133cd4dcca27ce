//! `irqlink doctor`

mod check;
mod machine;
mod module;

use std::io::{self, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::check::{Check, Files, Verdict};
use super::Outcome;
use crate::output::Style;

/// Check, step by step, that interrupts can be received, and soon.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON: an array of checks
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(self) -> Outcome {
        let files = Files(PathBuf::from("/"));
        let mut checks = module::checks(&files);
        checks.extend(machine::checks(&files));

        let mut output = stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut output, &checks)?;
            writeln!(output)?;
        } else {
            print(&checks, &mut output, Style::detect())?;
        }
        let worst = checks
            .iter()
            .map(|check| check.verdict)
            .max()
            .unwrap_or(Verdict::Ok);
        Ok(ExitCode::from(match worst {
            Verdict::Ok => 0,
            Verdict::Warn => 8,
            Verdict::Fail => 1,
        }))
    }
}

fn print(checks: &[Check], output: &mut impl Write, style: Style) -> io::Result<()> {
    for check in checks {
        let verdict = match check.verdict {
            Verdict::Ok => style.green("ok  "),
            Verdict::Warn => style.yellow("warn"),
            Verdict::Fail => style.red("fail"),
        };
        writeln!(
            output,
            "{verdict}  {}: {}",
            style.bold(&check.name),
            check.finding
        )?;
        if let Some(advice) = &check.advice {
            writeln!(output, "      {advice}")?;
        }
    }
    Ok(())
}
