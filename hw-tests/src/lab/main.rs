//! The lab: boots a virtual board with real interrupts, and runs irqlink and its tests on it.

mod accel;
mod apt;
mod cache;
mod cli;
mod command;
mod console;
mod cpio;
mod error;
mod guest_programs;
mod initramfs;
mod kernel;
mod listener;
mod lock;
mod module;
mod paths;
mod progress;
mod qemu;
mod relay;
mod run;
mod vm;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("irqlink-lab: {error}");
            ExitCode::FAILURE
        }
    }
}
