//! The loads that this program makes itself: on each CPU the same, until it is ended.

use std::hint::black_box;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::unistd::Pid;

use super::Load;
use crate::error::{Error, Result};

/// What each CPU copies at most; more than caches hold.
const MEMORY: usize = 64 << 20;
/// All of them together take at most this part of the memory that is free.
const SHARE: usize = 4;
/// Between the interrupts of a CPU's timer.
const PERIOD: Duration = Duration::from_micros(50);
const DATAGRAM: usize = 1024;

/// Makes a load until the process is ended.
///
/// # Errors
/// The system's, as where there is no loopback.
pub fn run(load: Load) -> Result<()> {
    let cpus = irqlink::realtime::affinity().map_err(Error::system("find the CPUs"))?;
    let cpus = cpus.cpus();
    let size = memory(available().unwrap_or(MEMORY), cpus.len());
    let workers: Vec<_> = cpus
        .iter()
        .map(|cpu| {
            let cpu = *cpu;
            thread::spawn(move || {
                pin(cpu)?;
                match load {
                    Load::Idle => Ok(()),
                    Load::Cpu => compute(),
                    Load::Memory => copy(size),
                    Load::Network => converse(),
                    Load::Interrupts => be_interrupted(),
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("a worker does not panic")?;
    }
    Ok(())
}

fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .map_err(Error::system("run on each CPU"))
}

fn compute() -> ! {
    let mut number = 1u64;
    loop {
        number = black_box(number.wrapping_mul(6364136223846793005).wrapping_add(1));
    }
}

/// What each of `workers` copies.
fn memory(available: usize, workers: usize) -> usize {
    MEMORY.min(available / SHARE / workers.max(1))
}

/// `MemAvailable` in bytes.
fn available() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

fn copy(size: usize) -> ! {
    let mut memory = vec![1u8; size.max(2)];
    let (one, other) = memory.split_at_mut(size / 2);
    let other = &mut other[..one.len()];
    loop {
        one.copy_from_slice(black_box(other));
        other.copy_from_slice(black_box(one));
    }
}

/// Sends datagrams over the loopback to itself.
fn converse() -> Result<()> {
    let failed = || Error::system("send over the loopback; is it up (ip link set lo up)?");
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(failed())?;
    let to = socket.local_addr().map_err(failed())?;
    let mut bytes = [0; DATAGRAM];
    loop {
        socket.send_to(&bytes, to).map_err(failed())?;
        socket.recv(&mut bytes).map_err(failed())?;
    }
}

fn be_interrupted() -> Result<()> {
    let failed = || Error::system("use a timer");
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::empty()).map_err(failed())?;
    let period = Expiration::Interval(TimeSpec::from_duration(PERIOD));
    timer
        .set(period, TimerSetTimeFlags::empty())
        .map_err(failed())?;
    loop {
        timer.wait().map_err(failed())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_left_for_others() {
        assert_eq!(memory(64 << 30, 8), MEMORY);
        assert_eq!(memory(512 << 20, 4), 32 << 20);
    }
}
