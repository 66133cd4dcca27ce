//! Process 1 of the lab's guest: sets the system up, does the job that lies in the initramfs,
//! answers on the result port and powers off.

mod children;
mod loopback;
mod output;
mod port;
mod system;

use std::fs::File;

use irqlink_hw_tests::frame::{self, Kind};
use irqlink_hw_tests::job::{JOB_PATH, Job};

use children::Children;
use port::Port;

fn main() {
    if std::process::id() != 1 {
        eprintln!(
            "irqlink-init: this is the first process of the lab's guest; start it with irqlink-lab run"
        );
        std::process::exit(2);
    }
    let result = system::mount()
        .and_then(|()| loopback::up())
        .and_then(|()| Port::open());
    match result {
        Ok(mut port) => {
            if let Err(why) = work(&mut port) {
                eprintln!("irqlink-init: {why}");
                port.send(Kind::Failed, 0, why.as_bytes());
            }
            port.send(Kind::End, 0, &[]);
            port.drain();
        }
        Err(why) => eprintln!("irqlink-init: {why}"),
    }
    system::power_off();
}

/// Does the job. The error says in words what could not be done.
fn work(port: &mut Port) -> Result<(), String> {
    port.send(Kind::Hello, 0, &[frame::VERSION]);
    let text = std::fs::read(JOB_PATH).map_err(|e| format!("cannot read {JOB_PATH}: {e}"))?;
    let job: Job = serde_json::from_slice(&text).map_err(|e| format!("{JOB_PATH}: {e}"))?;
    let done = do_job(&job, port);
    let scanned = system::find_leaks().map_err(|e| format!("cannot look for leaks: {e}"));
    // The console shows only warnings; the lab wants every line.
    let log =
        system::kernel_log().and_then(|log| port.send_file(system::KERNEL_LOG, &mut &log[..]));
    let log = log.map_err(|e| format!("cannot send the kernel's log: {e}"));
    done.and(scanned).and(log)
}

fn do_job(job: &Job, port: &mut Port) -> Result<(), String> {
    system::load_kernel_modules()?;
    for module in &job.modules {
        system::load(module)?;
    }
    let mut children = Children::new(port)?;
    let steps = (0..)
        .zip(&job.steps)
        .try_for_each(|(number, step)| children.step(number, step, &job.env));
    let stopped = children.stop();
    // A failed step may have left something worth to look at.
    let collected = job.collect.iter().try_for_each(|path| collect(path, port));
    steps.and(stopped).and(collected)
}

fn collect(path: &str, port: &mut Port) -> Result<(), String> {
    let sent = File::open(path).and_then(|mut file| port.send_file(path, &mut file));
    sent.map_err(|e| format!("cannot send {path}: {e}"))
}
