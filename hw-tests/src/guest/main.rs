//! Tests that run in the lab's guest, against the real modules. One file per topic; each gives
//! its tests to [`main`] in a list.

mod qmp;
mod smoke;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let tests: Vec<Trial> = [smoke::tests()].into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}
