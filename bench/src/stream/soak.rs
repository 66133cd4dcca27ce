//! What the CPUs do besides: a thread on each, of the lowest priority, reads the clock all the time, and
//! adds up the gaps. In user space what the tracer `osnoise` does in the kernel
//! (Documentation/trace/osnoise-tracer.rst). On a board whose clock counts instructions it is exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};

use irqlink::realtime::affinity;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::clock;
use crate::error::{Error, Result};
use crate::stop;

/// A gap is longer than so many readings of the clock.
const GAP: u64 = 4;

/// The threads; they end when this is dropped.
pub struct Soak {
    stop: Arc<AtomicBool>,
    reading: u64,
    cpus: Vec<Arc<Cpu>>,
    threads: Vec<JoinHandle<()>>,
}

/// What one of the threads has seen.
#[derive(Default)]
struct Cpu {
    stolen: AtomicU64,
    /// Its latest reading of the clock.
    seen: AtomicU64,
}

impl Soak {
    /// Starts a thread on each CPU that this one may run on.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> Result<Self> {
        let cpus = affinity().map_err(Error::system("find the CPUs"))?;
        let mut soak = Soak {
            stop: Arc::default(),
            reading: clock::read_cost().max(1),
            cpus: Vec::new(),
            threads: Vec::new(),
        };
        for cpu in cpus.cpus() {
            let (cpu, stop, reading) = (*cpu, soak.stop.clone(), soak.reading);
            let seen = Arc::<Cpu>::default();
            seen.seen.store(clock::now(), Ordering::Relaxed);
            soak.cpus.push(seen.clone());
            let (prepared, is_prepared) = sync_channel(1);
            let body = move || {
                let outcome = prepare(cpu);
                let goes_on = outcome.is_ok();
                // The other side waits for it.
                let _ = prepared.send(outcome);
                if goes_on {
                    seen.add_up(reading, &stop);
                }
            };
            let thread = thread::Builder::new()
                .name(format!("soak/{cpu}"))
                .spawn(body);
            soak.threads
                .push(thread.map_err(Error::system("start a thread"))?);
            is_prepared
                .recv()
                .expect("the thread sends before it ends")?;
        }
        Ok(soak)
    }

    /// What all CPUs together did besides so far, in ns or instructions.
    pub fn stolen(&self) -> u64 {
        let now = clock::now();
        let one = |cpu: &Arc<Cpu>| {
            let since = now.saturating_sub(cpu.seen.load(Ordering::Relaxed));
            cpu.stolen.load(Ordering::Relaxed) + stolen(since, self.reading)
        };
        self.cpus.iter().map(one).sum()
    }
}

impl Drop for Soak {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Of the lowest priority, on one CPU.
fn prepare(cpu: usize) -> Result<()> {
    stop::leave_to_other_threads()?;
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: sched_setscheduler() reads a structure that lives meanwhile.
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &parameters) } != 0 {
        return Err(Error::system("lower a priority")(
            std::io::Error::last_os_error(),
        ));
    }
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .map_err(Error::system("run on each CPU"))
}

/// What of the time between two readings was not the thread's.
fn stolen(apart: u64, reading: u64) -> u64 {
    match apart > GAP * reading {
        true => apart - reading,
        false => 0,
    }
}

impl Cpu {
    fn add_up(&self, reading: u64, stop: &AtomicBool) {
        let mut sum = 0;
        let mut before = clock::now();
        while !stop.load(Ordering::Relaxed) {
            let now = clock::now();
            sum += stolen(now - before, reading);
            self.stolen.store(sum, Ordering::Relaxed);
            self.seen.store(now, Ordering::Relaxed);
            before = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_a_cpu_is_seen() {
        let soak = Soak::start().unwrap();
        let began = clock::now();
        while clock::now() - began < 50_000_000 {}
        assert!(soak.stolen() >= 10_000_000, "{}", soak.stolen());
    }
}
