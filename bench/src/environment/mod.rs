//! The machine and its settings, read back from the system. `None` is what it does not tell.

mod cpu;
mod kernel;
mod power;
mod source;
mod thread;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use irqlink::Source;
use irqlink::realtime::{Step, affinity};
use irqlink::units::CpuList;
use nix::sys::utsname::uname;
use serde::{Deserialize, Serialize};

pub use cpu::executed_by;
pub use irqlink::Accel;
pub use kernel::preemption;
pub use power::Power;
pub use source::SourceState;
pub use thread::{ThreadState, is_asleep};

use crate::clock;
use crate::load::Load;

/// The machine and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Release of the kernel, `uname -r`.
    pub kernel: String,
    /// Its version, `uname -v`.
    pub kernel_version: String,
    /// Architecture, `uname -m`.
    pub arch: String,
    /// What executes the instructions.
    pub accel: Accel,
    /// The CPU is emulated: times are not those of hardware.
    pub emulated: bool,
    /// 1 ns of the clock is one instruction; checked.
    pub instruction_clock: bool,
    /// Preemption model: `none`, `voluntary`, `full`, `lazy` or `rt`.
    pub preempt: String,
    /// Model of the CPU.
    pub cpu: String,
    /// CPUs online, as a list.
    pub cpus_online: Option<String>,
    /// CPUs kept free of other work (`isolcpus`), as a list; empty if none.
    pub cpus_isolated: Option<String>,
    /// CPUs without a periodic tick (`nohz_full`), as a list; empty if none.
    #[serde(default)]
    pub cpus_nohz_full: Option<String>,
    /// Idle states and frequency of the receiver's first CPU.
    #[serde(default)]
    pub power: Power,
    /// Real-time threads may have the CPUs for so long of each second, in us; -1 for always
    /// (`sched_rt_runtime_us`).
    #[serde(default)]
    pub rt_runtime_us: Option<i64>,
    /// The kernel's command line.
    #[serde(default)]
    pub kernel_command: Option<String>,
    /// Frequency governor of the same CPU.
    pub governor: Option<String>,
    /// Clock source of the kernel.
    pub clocksource: String,
    /// Cost of reading the clock: ns, or instructions if the clock counts them.
    pub clock_read: u64,
    /// It was taken off each figure. Older reports leave it in.
    #[serde(default)]
    pub clock_read_subtracted: bool,
    /// Tracing was on all the time, which makes each figure longer.
    #[serde(default)]
    pub traced: bool,
    /// Pause before each interrupt, in ns, where each is raised by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ns: Option<u64>,
    /// Interrupts came from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listens: Option<bool>,
    /// The source, before the first interrupt.
    pub source: Option<SourceState>,
    /// The thread that receives.
    pub receiver: Option<ThreadState>,
    /// The thread that triggers.
    pub trigger: Option<ThreadState>,
    /// Version of each loaded module of irqlink: its own, or its source's checksum.
    pub modules: BTreeMap<String, String>,
    /// Order of the blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// What made each load.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loads: BTreeMap<Load, String>,
    /// Version of this program.
    pub version: String,
    /// The command line.
    pub command: Vec<String>,
}

/// What makes the order in which blocks are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The same one gives the same order.
    pub seed: u32,
    /// Blocks of each row.
    pub blocks: u64,
}

impl Environment {
    /// Reads it. `instruction_clock`: see there; it was checked. `setup`: of the calling thread,
    /// which triggers. `receiver`: CPUs asked for the receiver; else it has those of the calling thread.
    pub fn read(
        instruction_clock: bool,
        source: Option<&Source>,
        setup: &[Step],
        receiver: Option<&CpuList>,
    ) -> Self {
        let cpus = receiver.cloned().or_else(|| affinity().ok());
        let first = cpus.and_then(|cpus| cpus.cpus().first().copied());
        let first = first.unwrap_or_default();
        let system = uname().expect("uname cannot fail");
        let version = system.version().to_string_lossy().into_owned();
        let accel = Accel::detect(instruction_clock);
        Environment {
            kernel: system.release().to_string_lossy().into_owned(),
            arch: system.machine().to_string_lossy().into_owned(),
            accel,
            emulated: accel.is_emulated(),
            instruction_clock,
            preempt: kernel::preemption(&version),
            kernel_version: version,
            cpu: cpu::model(),
            cpus_online: text("/sys/devices/system/cpu/online"),
            cpus_isolated: text("/sys/devices/system/cpu/isolated"),
            cpus_nohz_full: text("/sys/devices/system/cpu/nohz_full")
                .map(|list| list.replace("(null)", "")),
            power: Power::read(first),
            rt_runtime_us: text("/proc/sys/kernel/sched_rt_runtime_us")
                .and_then(|text| text.parse().ok()),
            kernel_command: text("/proc/cmdline"),
            governor: power::governor(first),
            clocksource: text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                .unwrap_or_else(|| "unknown".into()),
            clock_read: clock::read_cost(),
            clock_read_subtracted: true,
            traced: false,
            interval_ns: None,
            listens: None,
            source: source.map(SourceState::read),
            receiver: None,
            trigger: ThreadState::read(nix::unistd::gettid(), setup),
            modules: kernel::modules(),
            order: None,
            loads: BTreeMap::new(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: std::env::args().collect(),
        }
    }
}

/// A file's text without white space around it.
fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The lab's board.
    pub fn environment() -> Environment {
        Environment {
            kernel: "6.12.117+deb12-amd64".into(),
            kernel_version: "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1".into(),
            arch: "x86_64".into(),
            accel: Accel::Tcg,
            emulated: true,
            instruction_clock: false,
            preempt: "voluntary".into(),
            cpu: "QEMU TCG CPU version 2.5+".into(),
            cpus_online: Some("0-1".into()),
            cpus_isolated: Some(String::new()),
            cpus_nohz_full: Some(String::new()),
            power: Power::default(),
            rt_runtime_us: Some(950_000),
            kernel_command: None,
            governor: None,
            clocksource: "tsc".into(),
            clock_read: 52,
            clock_read_subtracted: true,
            traced: false,
            interval_ns: None,
            listens: None,
            source: None,
            receiver: None,
            trigger: None,
            modules: BTreeMap::from([("irqlink".into(), "0.1.0".into())]),
            order: Some(Order {
                seed: 7,
                blocks: 10,
            }),
            loads: BTreeMap::new(),
            version: "0.1.0".into(),
            command: vec!["irqlink-bench".into(), "run".into()],
        }
    }
}
