//! Every allocation of the kernel, and every copy from or to the program, may fail: the call then
//! does, nothing is left behind, and the next call works. Only for a kernel with fault injection
//! (kernel: Documentation/fault-injection/fault-injection.rst).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use irqlink::{
    Access, Agent, Control, Delivery, Device, Error, FileReader, NewSource, Options, RingReader,
    Settings, SignalReader, Sim, Start,
};
use libtest_mimic::Failed;

use crate::board::*;
use crate::trial::skip_if;

/// The tests of this file; they are skipped, with the reason, where the kernel injects no faults.
pub fn tests() -> Vec<Trial> {
    let tests = trials!("allocation":
        opening_and_reading,
        mapping,
        asking_for_signals,
        registering_an_agent,
        listing,
        changing_a_source,
        making_a_source,
    );
    let missing = !Path::new(FAILSLAB).exists();
    skip_if(
        missing.then(|| "this kernel injects no faults".to_owned()),
        tests,
    )
}

/// More failures than any call here has places for.
const PLACES: u32 = 4_000;
const FAILSLAB: &str = "/sys/kernel/debug/failslab";
const FAIL_USERCOPY: &str = "/sys/kernel/debug/fail_usercopy";

/// Makes calls of this thread fail in the kernel.
struct Injector(File);

impl Injector {
    fn open() -> Result<Injector, Failed> {
        // Allocations that may sleep, too; and no trace in the log, which would be a complaint.
        fs::write(format!("{FAILSLAB}/ignore-gfp-wait"), "N")?;
        for attributes in [FAILSLAB, FAIL_USERCOPY] {
            fs::write(format!("{attributes}/verbose"), "0")?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth")?;
        Ok(Injector(file))
    }

    /// The next call fails at its `n`th place.
    fn arm(&self, n: u32) -> io::Result<()> {
        let arm = || self.0.write_all_at(n.to_string().as_bytes(), 0);
        // The place may be in this very call; the next is spared.
        arm().or_else(|_| arm())
    }

    /// Whether the call came to that place. No more faults from here on.
    fn fired(&self) -> io::Result<bool> {
        let mut left = [0; 8];
        // If it was not, this may itself be the place.
        let fired = matches!(self.0.read_at(&mut left, 0), Ok(1..) if left[0] == b'0');
        self.arm(0)?;
        Ok(fired)
    }
}

/// Has each place of a call fail in turn. The call must either cope or say so.
fn every_place_fails<T>(call: impl Fn() -> Result<T, Error>) -> Outcome {
    // Also brings in what the program itself needs.
    call()?;
    let injector = Injector::open()?;
    let mut failed = 0;
    for n in 1..PLACES {
        injector.arm(n)?;
        let result = call();
        if !injector.fired()? {
            ensure!(failed > 0, "no place failed");
            result?;
            return Ok(());
        }
        failed += u32::from(result.is_err());
        drop(result);
        call().map_err(|e| format!("after place {n} had failed: {e}"))?;
    }
    Err("there is no end to the places".into())
}

/// Raises an interrupt, and has a receiver drain it.
fn raised(mut receiver: impl irqlink::Receiver, board: &Device) -> Result<(), Error> {
    board.trigger()?;
    while receiver.drain(&mut |_| {})? == irqlink::Progress::More {}
    Ok(())
}

fn opening_and_reading() -> Outcome {
    every_place_fails(|| {
        let device = Device::open(SOURCE, Access::ReadWrite)?;
        let reader = FileReader::new(Device::open(SOURCE, Access::Read)?, Start::Oldest)?;
        raised(reader, &device)
    })
}

fn mapping() -> Outcome {
    every_place_fails(|| {
        let device = Device::open(SOURCE, Access::ReadWrite)?;
        let reader = RingReader::new(Device::open(SOURCE, Access::Read)?, Start::Oldest)?;
        raised(reader, &device)
    })
}

fn asking_for_signals() -> Outcome {
    every_place_fails(|| {
        SignalReader::new(Device::open(SOURCE, Access::Read)?, Start::Next, 0).map(drop)
    })
}

fn registering_an_agent() -> Outcome {
    every_place_fails(|| {
        let mut agent = Agent::open(Options::default())?;
        let source = agent.register(SOURCE, Start::Oldest)?.source;
        agent.unregister(source)
    })
}

fn listing() -> Outcome {
    every_place_fails(|| {
        let mut control = Control::open()?;
        control.sources()?;
        control.consumers(None).map(drop)
    })
}

fn changing_a_source() -> Outcome {
    let settings = Settings {
        delivery: Some(Delivery::Softirq),
        ..Settings::default()
    };
    every_place_fails(|| {
        let mut control = Control::open()?;
        let source = control.source(SOURCE)?;
        control.set(source.id, settings, None)?;
        control.trigger(source.id, None)
    })
}

fn making_a_source() -> Outcome {
    every_place_fails(|| {
        let mut control = Control::open()?;
        // One whose answer was lost is there all the same.
        remove_simulated(&mut control)?;
        let simulated = Sim::new(Duration::from_secs(1));
        control.add(&NewSource::new(simulated)).map(drop)
    })?;
    Ok(remove_simulated(&mut Control::open()?)?)
}

fn remove_simulated(control: &mut Control) -> Result<(), Error> {
    for source in control.sources()? {
        if source.driver == "irqlink_sim" {
            control.remove(source.id)?;
        }
    }
    Ok(())
}
