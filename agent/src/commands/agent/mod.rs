//! `irqlink agent`

mod connection;
mod ledger;
mod service;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use irqlink::realtime::Request;
use irqlink::units::{CpuList, parse_duration, parse_size};
use irqlink::{Options, Start};

use self::service::Service;
use super::Outcome;
use super::watch::parse_start;
use crate::output::{Layout, Printer, SPECIFIERS, Template, say};

/// Receive events as a service.
///
/// Registers for sources, logs losses, and waits for what is not there yet or has gone. SIGTERM
/// or Ctrl-C ends it with a summary.
#[derive(Debug, Args)]
#[command(after_help = SPECIFIERS)]
pub struct Agent {
    /// Names of sources; all there are and all that come, if none is named or for `all`
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Print each event to standard output
    #[arg(short, long)]
    verbose: bool,
    /// Print each event by this format, see below
    #[arg(short = 'F', long, value_name = "FORMAT")]
    format: Option<Template>,
    /// Print each event as a JSON object on a line
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Event to begin with: next, oldest, or a sequence number. A source that comes later is
    /// received from its oldest event, one that was missed from where it was left
    #[arg(long, value_name = "WHERE", default_value = "next", value_parser = parse_start)]
    from: Start,
    /// Netlink receive buffer in bytes, such as 256K
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    rcvbuf: Option<usize>,
    /// Schedule as SCHED_FIFO with this priority, 1 to 99, and leave restartable sequences, which
    /// lengthen each wake-up
    #[arg(long, value_name = "PRIORITY", value_parser = clap::value_parser!(u8).range(1..=99))]
    priority: Option<u8>,
    /// Run on these CPUs only, such as 0,2-4
    #[arg(long, value_name = "CPUS")]
    cpu: Option<CpuList>,
    /// Lock all memory into RAM
    #[arg(long)]
    mlock: bool,
    /// Keep CPUs out of idle states that take longer than this to leave, such as 0us
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    dma_latency: Option<Duration>,
}

impl Agent {
    pub fn run(self) -> Outcome {
        let request = Request {
            lock_memory: self.mlock,
            priority: self.priority,
            leave_rseq: self.priority.is_some(),
            cpus: self.cpu.clone(),
            wake_latency: self.dma_latency,
        };
        let setup = request.apply();
        for step in &setup.steps {
            log(format_args!(
                "{}: asked {}, got {}",
                step.name, step.asked, step.effective
            ));
            if let Some(advice) = &step.advice {
                log(format_args!("{}: {advice}", step.name));
            }
        }
        let print = self.verbose || self.json || self.format.is_some();
        let printer = print
            .then(|| Printer::new(Layout::new(self.json, self.format)))
            .transpose()?;
        let mut names = self.sources;
        if names.iter().any(|name| name == "all") {
            names.clear();
        }
        let options = Options {
            receive_buffer: self.rcvbuf,
            ..Options::default()
        };
        Service::new(names, self.from, options, printer).run()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what happens, on standard error; the journal adds the time.
fn log(line: std::fmt::Arguments<'_>) {
    say(format_args!("irqlink agent: {line}"));
}
