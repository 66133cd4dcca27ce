//! Tests that run in the lab's guest, against the real modules. One file per topic; each lists its
//! tests in a function `tests`.

mod allocation;
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
mod pci;
mod qmp;
mod refusal;
mod removal;
mod setting;
mod sim;
mod sim_chip;
mod smoke;
mod takeover;
mod trial;
mod ynl;

use std::process::ExitCode;

use clap::Parser;

use options::Options;
use trial::{Reports, Trial};

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
    // libtest-mimic knows which of them it will run only by its own type.
    let plan = libtest(tests(), &Reports::default())
        .iter()
        .filter(|test| !arguments.is_filtered_out(test))
        .count();
    let tests = libtest(tests(), &options.reports(plan)?);
    Ok(libtest_mimic::run(&arguments, tests).exit_code())
}

fn libtest(tests: Vec<Trial>, reports: &Reports) -> Vec<libtest_mimic::Trial> {
    tests
        .into_iter()
        .map(|test| test.reporting_to(reports))
        .collect()
}

/// All tests.
fn tests() -> Vec<Trial> {
    [
        path_length::tests(),
        smoke::tests(),
        delivery::tests(),
        congestion::tests(),
        takeover::tests(),
        removal::tests(),
        allocation::tests(),
        refusal::tests(),
        setting::tests(),
        pci::tests(),
        sim::tests(),
        gpio::tests(),
        guard::tests(),
        footprint::tests(),
        command::tests(),
        cost::tests(),
        ynl::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
