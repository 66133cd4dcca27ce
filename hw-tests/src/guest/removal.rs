//! Devices and modules that leave at any time: everyone is told, nobody hangs.

use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use irqlink::{
    Access, Agent, Device, FileReader, Options, Progress, Receiver, RingReader, SignalReader, Start,
};
use irqlink_hw_tests::job::MODULE_DIR;
use irqlink_hw_tests::kernel_modules::{NAMES, is_loaded};
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};

use crate::board::*;
use crate::qmp::Qmp;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("removal":
        an_unplugged_device_ends_its_sleepers,
        the_end_is_told_once,
        an_unplugged_device_ends_a_blocking_read,
        what_was_raised_before_the_unplugging_arrives,
        the_core_stays_while_a_file_is_open,
        unloading_the_driver_ends_its_sleepers,
        all_modules_unload_after_an_agent_was_left_behind,
    )
}

/// A device that comes for the test.
pub struct Spare {
    qmp: Qmp,
    /// Name of its source.
    pub name: String,
}

impl Spare {
    /// Plugs it in, and waits for its source.
    pub fn plug() -> Result<Spare, Failed> {
        let mut qmp = Qmp::open()?;
        let before = sources()?;
        qmp.plug("edu", "spare")?;
        let mut name = None;
        wait_until("the new source comes", || {
            name = sources()?.into_iter().find(|one| !before.contains(one));
            Ok(name
                .as_ref()
                .is_some_and(|name| Path::new(irqlink_dev()).join(name).exists()))
        })?;
        let name = name.ok_or("no name")?;
        Ok(Spare { qmp, name })
    }

    /// Pulls it out, and waits until the kernel has let it go.
    pub fn unplug(&mut self) -> Outcome {
        Ok(self.qmp.unplug("spare")?)
    }
}

fn irqlink_dev() -> &'static str {
    "/dev/irqlink"
}

/// Names of the sources.
pub fn sources() -> Result<Vec<String>, Failed> {
    let sources = irqlink::Control::open()?.sources()?;
    Ok(sources.into_iter().map(|source| source.name).collect())
}

/// Long enough for a thread that was just started to sleep in its system call.
pub fn let_it_sleep() {
    thread::sleep(Duration::from_millis(200));
}

/// Receives in a thread until the receiver says that nothing will follow. It is open on return, or the
/// thread tells why not.
pub fn sleeper<R: Receiver>(
    open: impl FnOnce() -> Result<R, irqlink::Error> + Send + 'static,
) -> thread::JoinHandle<Result<Vec<Given>, Failed>> {
    let (tell, told) = mpsc::channel::<()>();
    let sleeper = thread::spawn(move || {
        let mut receiver = open()?;
        drop(tell);
        receive(&mut receiver, |given| given.contains(&Given::Gone))
    });
    // Nothing is sent: it ends when the thread drops its side.
    let _ = told.recv();
    sleeper
}

/// What a sleeper was given until the end.
pub fn ended(
    sleeper: thread::JoinHandle<Result<Vec<Given>, Failed>>,
) -> Result<Vec<Given>, Failed> {
    sleeper.join().map_err(|_| "the sleeper panicked")?
}

fn an_unplugged_device_ends_its_sleepers() -> Outcome {
    let mut spare = Spare::plug()?;
    let name = spare.name.clone();
    let reader = sleeper(move || FileReader::new(Device::open(&name, Access::Read)?, Start::Next));
    let name = spare.name.clone();
    let ring = sleeper(move || RingReader::new(Device::open(&name, Access::Read)?, Start::Next));
    let name = spare.name.clone();
    let agent = sleeper(move || {
        let mut agent = Agent::open(Options::default())?;
        agent.register(&name, Start::Next)?;
        Ok(agent)
    });
    let_it_sleep();

    spare.unplug()?;
    for (path, sleeper) in [("read", reader), ("ring", ring), ("netlink", agent)] {
        let given = ended(sleeper)?;
        ensure!(given == [Given::Gone], "{path} was given {given:?}");
    }
    ensure!(
        !sources()?.contains(&spare.name),
        "the source is still listed"
    );
    Ok(())
}

fn the_end_is_told_once() -> Outcome {
    let mut spare = Spare::plug()?;
    let open = || Device::open(&spare.name, Access::Read);
    let mut read = FileReader::new(open()?, Start::Next)?;
    let mut signal = SignalReader::new(open()?, Start::Next, 0)?;
    let mut ring = RingReader::new(open()?, Start::Next)?;
    spare.unplug()?;
    let readers: [&mut dyn Receiver; 3] = [&mut read, &mut signal, &mut ring];
    for reader in readers {
        let given = receive(reader, |given| given.contains(&Given::Gone))?;
        let again = drain(reader)?;
        ensure!(
            given == [Given::Gone] && again.is_empty(),
            "{given:?}, and then {again:?}"
        );
    }
    Ok(())
}

fn an_unplugged_device_ends_a_blocking_read() -> Outcome {
    let mut spare = Spare::plug()?;
    let mut file = File::open(Path::new(irqlink_dev()).join(&spare.name))?;
    let reader = thread::spawn(move || file.read(&mut [0; 64]).map_err(|e| e.raw_os_error()));
    let_it_sleep();
    spare.unplug()?;
    let result = reader.join().map_err(|_| "the reader panicked")?;
    ensure!(
        result == Err(Some(Errno::ENODEV as i32)),
        "read gave {result:?}"
    );
    Ok(())
}

/// To a reader, and to an agent whose socket had no room when the device left.
fn what_was_raised_before_the_unplugging_arrives() -> Outcome {
    const COUNT: u64 = 200;
    let mut spare = Spare::plug()?;
    let mut reader = FileReader::new(Device::open(&spare.name, Access::Read)?, Start::Next)?;
    let mut agent = Agent::open(Options {
        receive_buffer: Some(1),
        batch: 4,
    })?;
    agent.register(&spare.name, Start::Next)?;
    let board = Board::open(&spare.name)?;
    board.raise_many(COUNT as usize)?;
    let pending = board.agent(agent.port())?.ok_or("no agent")?.pending;
    ensure!(pending > 0, "the socket had room for everything");
    drop(board);

    spare.unplug()?;
    let gone = |given: &[Given]| given.contains(&Given::Gone);
    exactly(&receive(&mut reader, gone)?, 1, COUNT)?;
    exactly(&receive(&mut agent, gone)?, 1, COUNT)?;
    ensure!(
        agent.drain(&mut |_| {})? == Progress::Ended,
        "the agent goes on without a source"
    );
    Ok(())
}

fn the_core_stays_while_a_file_is_open() -> Outcome {
    let mut reader = FileReader::new(Device::open(SOURCE, Access::Read)?, Start::Next)?;
    the_core_is_in_use()?;
    delete_module(c"irqlink_pci", DeleteModuleFlags::O_NONBLOCK)?;
    let given = receive(&mut reader, |given| given.contains(&Given::Gone))?;
    ensure!(given == [Given::Gone], "the reader was given {given:?}");
    the_core_is_in_use()?;
    load("irqlink_pci")
}

fn the_core_is_in_use() -> Outcome {
    let refused = delete_module(c"irqlink", DeleteModuleFlags::O_NONBLOCK);
    ensure!(
        refused == Err(Errno::EWOULDBLOCK),
        "unloading the core gave {refused:?}"
    );
    Ok(())
}

fn unloading_the_driver_ends_its_sleepers() -> Outcome {
    let reader = sleeper(|| FileReader::new(Device::open(SOURCE, Access::Read)?, Start::Next));
    let agent = sleeper(|| {
        let mut agent = Agent::open(Options::default())?;
        agent.register(SOURCE, Start::Next)?;
        Ok(agent)
    });
    let_it_sleep();
    delete_module(c"irqlink_pci", DeleteModuleFlags::O_NONBLOCK)?;
    for sleeper in [reader, agent] {
        let given = ended(sleeper)?;
        ensure!(given == [Given::Gone], "the sleeper was given {given:?}");
    }
    load("irqlink_pci")
}

/// The agent never reads, so it cannot be told the end; it must not keep the core.
fn all_modules_unload_after_an_agent_was_left_behind() -> Outcome {
    let mut agent = Agent::open(Options {
        receive_buffer: Some(1),
        batch: 1,
    })?;
    agent.register(SOURCE, Start::Next)?;
    Board::open(SOURCE)?.raise_many(100)?;

    unload_all()?;
    let error = irqlink::Control::open().err();
    ensure!(
        matches!(error, Some(irqlink::Error::ModuleMissing)),
        "without the module: {error:?}"
    );
    load_all()
}

/// Unloads every module that is loaded.
pub fn unload_all() -> Outcome {
    let loaded = NAMES.iter().rev().filter(|name| is_loaded(name));
    for module in loaded {
        delete_module(&CString::new(*module)?, DeleteModuleFlags::O_NONBLOCK)?;
    }
    Ok(())
}

/// Loads every module again.
pub fn load_all() -> Outcome {
    NAMES.iter().try_for_each(|module| load(module))
}

/// Loads a module that a test unloaded, and waits for the source.
pub fn load(name: &str) -> Outcome {
    let file = File::open(format!("{MODULE_DIR}/{name}.ko"))?;
    finit_module(file.as_fd(), c"", ModuleInitFlags::empty())?;
    if name != "irqlink_pci" {
        return Ok(());
    }
    wait_until("the source is back", || {
        Ok(Path::new(irqlink_dev()).join(SOURCE).exists())
    })
}
