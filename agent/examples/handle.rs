//! Handles the events of a source: `handle edu0`.

use std::ops::ControlFlow;

use irqlink::{Agent, Event, EventLoop, Options, Start};

fn main() -> irqlink::Result<()> {
    let source = std::env::args().nth(1).unwrap_or_else(|| "edu0".to_owned());
    let mut agent = Agent::open(Options::default())?;
    agent.register(&source, Start::Next)?;

    let mut events = EventLoop::new()?;
    events.add(&mut agent)?;
    let end = events.run(&mut [&mut agent], |event| {
        match event {
            Event::Interrupt(record) => println!("{} at {} ns", record.seq, record.time_ns),
            Event::Lost { first, last, .. } => println!("lost {first}..{last}"),
            Event::Gone { .. } => return ControlFlow::Break("the device is gone"),
        }
        ControlFlow::Continue(())
    })?;
    println!("ended: {end:?}");
    Ok(())
}
