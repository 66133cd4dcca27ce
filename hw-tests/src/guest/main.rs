//! Tests that run in the lab's guest, against the real modules. One file per topic; each lists its
//! tests in a function `tests`.

mod allocation;
mod bench;
mod board;
mod command;
mod congestion;
mod cost;
mod delivery;
mod footprint;
mod gpio;
mod guard;
mod options;
mod path_length;
mod paths;
mod pci;
mod qmp;
mod receivers;
mod refusal;
mod registration;
mod removal;
mod rig;
mod service;
mod setting;
mod sim;
mod sim_chip;
mod smoke;
mod takeover;
mod trial;
mod watch;
mod ynl;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use options::Options;
use rig::Case;
use trial::{Reports, Trial, skip_if};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("irqlink-guest-tests: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, String> {
    let arguments = options.libtest();
    let cases = options.cases()?;
    // libtest-mimic knows which of them it will run only by its own type.
    let plan = libtest(tests(&cases), &Reports::default())
        .iter()
        .filter(|test| !arguments.is_filtered_out(test))
        .count();
    let tests = libtest(tests(&cases), &options.reports(plan, &cases)?);
    let done = libtest_mimic::run(&arguments, tests);
    if !arguments.list && done.num_passed + done.num_failed == 0 {
        return Err(format!(
            "no test was run: {} were skipped, {} have other names; --list shows the names",
            done.num_ignored, done.num_filtered_out
        ));
    }
    Ok(done.exit_code())
}

fn libtest(tests: Vec<Trial>, reports: &Reports) -> Vec<libtest_mimic::Trial> {
    tests
        .into_iter()
        .map(|test| test.reporting_to(reports))
        .collect()
}

/// All tests: those of the rigs, and those of the lab's own board.
fn tests(cases: &[Arc<Case>]) -> Vec<Trial> {
    let rigs = cases.iter().flat_map(rig::tests);
    let anywhere = [sim::tests(), gpio::tests()];
    let lab = [
        path_length::tests(),
        smoke::tests(),
        delivery::tests(),
        receivers::tests(),
        bench::tests(),
        congestion::tests(),
        takeover::tests(),
        removal::tests(),
        service::tests(),
        allocation::tests(),
        refusal::tests(),
        registration::tests(),
        setting::tests(),
        pci::tests(),
        guard::tests(),
        footprint::tests(),
        command::tests(),
        cost::tests(),
        ynl::tests(),
    ];
    let lab = lab.map(|tests| skip_if(board::is_not_the_labs(), tests));
    lab.into_iter()
        .chain(anywhere)
        .flatten()
        .chain(rigs)
        .collect()
}
