//! The loop of the service: connect, register, receive, and again.

use std::time::Duration;

use irqlink::{Agent, Error, Event, EventLoop, Options, Progress, Receiver, Result, Source, Start};

use super::connection::Connection;
use super::ledger::Entry;
use super::log;
use crate::failure::Failure;
use crate::output::Printer;

/// Time between two looks for what is missing. Notices make most of them needless.
const RETRY: Duration = Duration::from_secs(1);

pub struct Service {
    entries: Vec<Entry>,
    /// Receive every source, also those that come.
    all: bool,
    from: Start,
    options: Options,
    printer: Option<Printer>,
    /// Messages from elsewhere than the kernel, on earlier connections.
    foreign: u64,
    /// What the service waits for, as last logged.
    waiting: String,
    /// The first look is over: from now on what fails is tried again.
    started: bool,
}

/// Why a connection ended.
enum End {
    Stopped,
    Lost,
}

impl Service {
    /// A service for these sources; for all if none is named.
    pub fn new(
        names: Vec<String>,
        from: Start,
        options: Options,
        printer: Option<Printer>,
    ) -> Self {
        Service {
            all: names.is_empty(),
            entries: names
                .into_iter()
                .map(|name| Entry::new(name, from))
                .collect(),
            from,
            options,
            printer,
            foreign: 0,
            waiting: String::new(),
            started: false,
        }
    }

    /// Runs until SIGTERM or SIGINT.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut events = EventLoop::new()?;
        while let End::Lost = self.connect(&mut events)? {
            self.started = true;
            if pause(&mut events)? {
                break;
            }
        }
        for entry in &self.entries {
            log(format_args!("{entry}"));
        }
        if self.foreign > 0 {
            log(format_args!(
                "{} messages that were not the kernel's, ignored",
                self.foreign
            ));
        }
        Ok(())
    }

    /// Connects to the module, if it is loaded, and receives.
    fn connect(&mut self, events: &mut EventLoop) -> Result<End, Failure> {
        let mut connection = match Connection::open(self.options) {
            Ok(connection) => connection,
            Err(Error::ModuleMissing) => {
                self.wait_for("the kernel module (load it: modprobe irqlink)".to_owned());
                self.leave();
                return Ok(End::Lost);
            }
            Err(error) => return Err(error.into()),
        };
        for entry in &mut self.entries {
            entry.registered = false;
        }
        events.add(&mut connection.agent)?;
        events.watch(&connection.notices)?;
        let end = self.serve(events, &mut connection);
        events.clear(&mut [&mut connection.agent])?;
        self.foreign += connection.agent.foreign();
        end
    }

    /// Receives until the process is asked to stop or the module is gone.
    fn serve(
        &mut self,
        events: &mut EventLoop,
        connection: &mut Connection,
    ) -> Result<End, Failure> {
        let mut look = true;
        loop {
            if look {
                let Some(sources) = connection.sources()? else {
                    self.finish(connection)?;
                    return Ok(End::Lost);
                };
                self.register_missing(&sources, connection)?;
                let complete = self.entries.iter().all(|entry| entry.listens(&sources));
                let retry = self.entries.is_empty() || !complete;
                events.set_timer(retry.then_some(RETRY), false)?;
            }
            let wake = match events.turn(&mut [&mut connection.agent], &mut |event| {
                handle(&mut self.entries, &mut self.printer, event);
            }) {
                Ok(wake) => wake,
                Err(error @ (Error::System { .. } | Error::Truncated { .. })) => {
                    log(format_args!("{error}; connecting again"));
                    return Ok(End::Lost);
                }
                Err(error) => return Err(error.into()),
            };
            self.flush()?;
            if wake.stop {
                return Ok(End::Stopped);
            }
            let mut noticed = false;
            if wake.other {
                connection.notices.drain(&mut |_| noticed = true)?;
            }
            look = noticed || wake.timer || wake.ended;
        }
    }

    /// Registers for what exists and is not registered.
    fn register_missing(
        &mut self,
        sources: &[Source],
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        if self.all {
            self.add_entries(sources);
        }
        let mut missing = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| !entry.registered) {
            let Some(source) = sources.iter().find(|source| source.name == entry.name) else {
                entry.leave();
                missing.push(entry.name.clone());
                continue;
            };
            if let Some(printer) = &mut self.printer {
                printer.name(source.id, source.name.clone());
            }
            match register(entry, source, &mut connection.agent) {
                Ok(()) => {}
                // Such as a device file whose permissions udev has still to set.
                Err(error) if self.started => {
                    entry.leave();
                    missing.push(format!("{}: {error}", entry.name));
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.started = true;
        self.tell_missing(&missing);
        // What came before the answer is not announced.
        self.drain(connection)?;
        Ok(())
    }

    /// Hands over what there is.
    fn drain(&mut self, connection: &mut Connection) -> Result<Progress, Failure> {
        let progress = connection.agent.drain(&mut |event| {
            handle(&mut self.entries, &mut self.printer, event);
        })?;
        self.flush()?;
        Ok(progress)
    }

    /// The module is gone. What it sent before, and counts as delivered, is still in the socket.
    fn finish(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        while self.drain(connection)? == Progress::More {}
        self.leave();
        Ok(())
    }

    /// No source is there; those that come have logs of their own.
    fn leave(&mut self) {
        self.entries.iter_mut().for_each(Entry::leave);
        self.from = Start::Oldest;
    }

    fn add_entries(&mut self, sources: &[Source]) {
        for source in sources {
            if !self.entries.iter().any(|entry| entry.name == source.name) {
                self.entries
                    .push(Entry::new(source.name.clone(), self.from));
            }
        }
        self.from = Start::Oldest;
    }

    fn tell_missing(&mut self, missing: &[String]) {
        if self.entries.is_empty() {
            self.wait_for("any source (load a driver: modprobe irqlink_pci)".to_owned());
        } else if missing.is_empty() {
            self.waiting.clear();
        } else {
            self.wait_for(format!("source {}", missing.join(", ")));
        }
    }

    /// Logs what is waited for, once.
    fn wait_for(&mut self, what: String) {
        if self.waiting != what {
            log(format_args!("waiting for {what}"));
            self.waiting = what;
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.printer.as_mut().map_or(Ok(()), Printer::flush)
    }
}

/// Registers for a source.
fn register(entry: &mut Entry, source: &Source, agent: &mut Agent) -> Result<()> {
    if entry.id.is_some_and(|id| id != source.id) {
        entry.leave();
    }
    let registration = agent.register(&source.name, entry.start)?;
    entry.register(registration.source, registration.first);
    log(format_args!(
        "{}: registered, first event {}",
        entry.name, registration.first
    ));
    Ok(())
}

/// Handles one event.
fn handle(entries: &mut [Entry], printer: &mut Option<Printer>, event: Event<'_>) {
    let source = Some(event.source());
    if let Some(entry) = entries.iter_mut().find(|entry| entry.id == source) {
        entry.note(event);
        match event {
            Event::Interrupt(_) => {}
            Event::Lost { first, last, .. } => {
                let count = last - first + 1;
                log(format_args!(
                    "{}: lost {first}..{last} ({count} events)",
                    entry.name
                ));
            }
            Event::Gone { .. } => log(format_args!("{}: gone", entry.name)),
        }
    }
    if let Some(printer) = printer {
        printer.print(event);
    }
}

/// Waits before the next attempt to connect. True if asked to stop meanwhile.
fn pause(events: &mut EventLoop) -> Result<bool> {
    events.set_timer(Some(RETRY), false)?;
    loop {
        let wake = events.turn(&mut [], &mut |_| {})?;
        if wake.stop || wake.timer {
            return Ok(wake.stop);
        }
    }
}
