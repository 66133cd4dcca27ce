//! The lab: boots a virtual board with real interrupts, and runs irqlink and its tests on it.

mod accel;
mod apt;
mod binding;
mod board;
mod cache;
mod checkpatch;
mod cli;
mod command;
mod config;
mod console;
mod cpio;
mod debian_kernel;
mod demo;
mod device_tree;
mod emulator;
mod entry;
mod error;
mod faults;
mod findings;
mod gate;
mod guest;
mod guest_programs;
mod initramfs;
mod ivshmem;
mod kernel;
mod kernel_modules;
mod ktap;
mod kunit;
mod lab_kernel;
mod linux_source;
mod listener;
mod lock;
mod manifest;
mod measured;
mod module;
mod module_build;
mod paths;
mod progress;
mod python;
mod qemu;
mod relay;
mod rigs;
mod run;
mod skips;
mod spec;
mod ssh_server;
mod stop;
mod suite;
mod test;
mod test_board;
mod test_module;
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
