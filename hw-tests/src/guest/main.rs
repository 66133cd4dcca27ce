//! Tests that run in the lab's guest, against the real modules. One file per topic; each lists its
//! tests in a function `tests`.

mod board;
mod command;
mod congestion;
mod cost;
mod delivery;
mod footprint;
mod gpio;
mod guard;
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
mod ynl;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    // All tests share the board's devices.
    arguments.test_threads = Some(1);
    let tests: Vec<Trial> = [
        path_length::tests(),
        smoke::tests(),
        delivery::tests(),
        congestion::tests(),
        takeover::tests(),
        removal::tests(),
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
    .collect();
    libtest_mimic::run(&arguments, tests).exit();
}
