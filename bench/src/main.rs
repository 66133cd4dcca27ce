//! Compares the ways from an interrupt to a program.

mod alarm;
mod bpf;
mod clock;
mod commands;
mod compare;
mod environment;
mod error;
mod feed;
mod figure;
mod file;
mod hdr_log;
mod html;
mod instructions;
mod limit;
mod load;
mod measure;
mod path;
mod pci;
mod plan;
mod progress;
mod realtime;
mod receiver;
mod recorder;
mod report;
mod rows;
mod sample;
mod say;
mod schedule;
mod session;
mod stop;
mod stream;
mod table;
mod tracing;
mod trigger;
mod way;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run() {
        Ok(code) => code,
        Err(error) => {
            say::say(&error);
            ExitCode::from(error.code())
        }
    }
}
