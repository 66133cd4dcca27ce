//! `irqlink watch`

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use irqlink::units::{parse_duration, parse_size};
use irqlink::{
    Access, Agent, Device, Error, EventLoop, FileReader, Options, Receiver, RingReader,
    SignalReader, Start,
};

use super::Outcome;
use crate::failure::Failure;
use crate::output::{Layout, Printer, SPECIFIERS, Template};

/// Print events as they come, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = SPECIFIERS)]
pub struct Watch {
    /// Names of sources, or paths of their device files
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// Exit after N interrupts; 0 for never
    #[arg(short, long, value_name = "N")]
    num_events: Option<u64>,
    /// Print each event by this format, see below
    #[arg(short = 'F', long, value_name = "FORMAT")]
    format: Option<Template>,
    /// Print each event as a JSON object on a line
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Way by which events come
    #[arg(long, value_enum, default_value_t = Path::Netlink)]
    path: Path,
    /// Event to begin with: next, oldest, or a sequence number
    #[arg(long, value_name = "WHERE", default_value = "next", value_parser = parse_start)]
    from: Start,
    /// Exit after this time, such as 10s; with code 6 if --num-events is not reached
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Netlink receive buffer in bytes, such as 256K
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    rcvbuf: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Path {
    /// The kernel sends events to a socket
    Netlink,
    /// read() on the device file
    Read,
    /// read() on the device file, woken by a signal
    Signal,
    /// The mapped log, woken by an eventfd
    Ring,
}

impl Watch {
    pub fn run(self) -> Outcome {
        if self.rcvbuf.is_some() && !matches!(self.path, Path::Netlink) {
            return Err(Failure::Usage("--rcvbuf is for --path netlink only"));
        }
        let mut events = EventLoop::new()?;
        let mut printer = Printer::new(Layout::new(self.json, self.format.clone()))?;
        let mut receivers = self.open(&mut printer)?;
        for receiver in &mut receivers {
            events.add(receiver.as_mut())?;
        }
        events.set_timer(self.timeout, false)?;
        // Only to learn that the reader of a pipe has left; a plain file cannot be waited for.
        let _ = events.watch(&printer);
        let mut receivers: Vec<&mut dyn Receiver> = receivers
            .iter_mut()
            .map(|receiver| receiver.as_mut() as _)
            .collect();

        let wanted = self.wanted().unwrap_or(u64::MAX);
        loop {
            let wake = events.turn(&mut receivers, &mut |event| {
                if printer.interrupts() < wanted {
                    printer.print(event);
                }
            })?;
            printer.flush()?;
            let done = printer.interrupts() >= wanted;
            if done || wake.stop || (wake.other && printer.reader_left()) {
                break;
            }
            if wake.ended {
                return Err(Error::Gone {
                    name: self.sources.join(", "),
                }
                .into());
            }
            if wake.timer {
                return self.timed_out(printer.interrupts());
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Opens the receivers and tells the printer the names of their sources.
    fn open(&self, printer: &mut Printer) -> irqlink::Result<Vec<Box<dyn Receiver>>> {
        let mut receivers: Vec<Box<dyn Receiver>> = Vec::new();
        let mut agent = match self.path {
            Path::Netlink => {
                let options = Options {
                    receive_buffer: self.rcvbuf,
                    ..Options::default()
                };
                Some(Agent::open(options)?)
            }
            _ => None,
        };
        for (number, source) in self.sources.iter().enumerate() {
            let device = Device::open(source, Access::Read)?;
            printer.name(device.source(), device.name());
            match (self.path, &mut agent) {
                (Path::Netlink, Some(agent)) => {
                    agent.register_device(&device, self.from)?;
                }
                (Path::Signal, _) => {
                    let offset = number as i32;
                    receivers.push(Box::new(SignalReader::new(device, self.from, offset)?));
                }
                (Path::Ring, _) => receivers.push(Box::new(RingReader::new(device, self.from)?)),
                _ => receivers.push(Box::new(FileReader::new(device, self.from)?)),
            }
        }
        receivers.extend(agent.map(|agent| Box::new(agent) as _));
        Ok(receivers)
    }

    /// After how many interrupts it ends.
    fn wanted(&self) -> Option<u64> {
        self.num_events.filter(|wanted| *wanted > 0)
    }

    fn timed_out(&self, interrupts: u64) -> Outcome {
        match self.wanted() {
            None => Ok(ExitCode::SUCCESS),
            Some(wanted) => Err(Failure::Timeout(format!(
                "{interrupts} of {wanted} interrupts came"
            ))),
        }
    }
}

/// Reads `next`, `oldest` or a sequence number.
pub fn parse_start(text: &str) -> Result<Start, String> {
    match text {
        "next" => Ok(Start::Next),
        "oldest" => Ok(Start::Oldest),
        _ => match u64::from_str(text) {
            Ok(sequence) if sequence > 0 => Ok(Start::At(sequence)),
            _ => Err("expected next, oldest, or a sequence number from 1".to_owned()),
        },
    }
}
