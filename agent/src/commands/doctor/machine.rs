//! What makes a machine answer late.

use irqlink::realtime;
use irqlink::units::{CpuList, Nanoseconds};
use nix::sys::resource::{Resource, getrlimit};

use super::check::{Check, Files};
use super::module::preemption;

const CPUS: &str = "sys/devices/system/cpu";
const CLOCKSOURCE: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";
/// Clock sources that are read without leaving the CPU (or its guest).
const FAST_CLOCKS: [&str; 4] = ["tsc", "arch_sys_counter", "kvm-clock", "riscv_clocksource"];
/// Idle states that take no longer to leave are no matter, in microseconds.
const SHALLOW: u64 = 10;
/// Locked memory that the agent needs, in bytes.
const LOCKED: u64 = 8 << 20;

/// All checks of the machine.
pub fn checks(files: &Files) -> Vec<Check> {
    let mut checks = vec![model(files), clock(files), governor(files), idle(files)];
    checks.extend([cpus(files), priority_limit(), memory_limit()]);
    checks
}

fn model(files: &Files) -> Check {
    let model = preemption(files);
    let name = "preemption";
    match model {
        "PREEMPT_RT" => Check::ok(name, format!("{model}: bounded latency")),
        _ => Check::ok(name, format!("{model}: short latency, not bounded")),
    }
}

fn clock(files: &Files) -> Check {
    match files.read(CLOCKSOURCE) {
        None => Check::warn(
            "clock source",
            "unknown",
            format!("/{CLOCKSOURCE} cannot be read"),
        ),
        Some(clock) if FAST_CLOCKS.contains(&clock.as_str()) => Check::ok("clock source", clock),
        Some(clock) => Check::warn(
            "clock source",
            format!("{clock}, slow to read"),
            "each stamp costs a microsecond or more; see why in the kernel log (grep -i clocksource)",
        ),
    }
}

/// Values of a file of each CPU that has it: the value and the CPUs.
fn per_cpu(files: &Files, file: &str) -> Vec<(String, CpuList)> {
    let mut values: Vec<(String, Vec<usize>)> = Vec::new();
    for entry in files.list(CPUS) {
        let Some(cpu) = entry
            .strip_prefix("cpu")
            .and_then(|number| number.parse().ok())
        else {
            continue;
        };
        let Some(value) = files.read(&format!("{CPUS}/{entry}/{file}")) else {
            continue;
        };
        match values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, cpus)) => cpus.push(cpu),
            None => values.push((value, vec![cpu])),
        }
    }
    values
        .into_iter()
        .map(|(value, cpus)| (value, CpuList::new(cpus)))
        .collect()
}

fn governor(files: &Files) -> Check {
    let name = "frequency";
    let governors = per_cpu(files, "cpufreq/scaling_governor");
    if governors.is_empty() {
        return Check::ok(name, "not scaled by this kernel");
    }
    let finding: Vec<String> = governors
        .iter()
        .map(|(governor, cpus)| format!("{governor} on CPU {cpus}"))
        .collect();
    let finding = finding.join(", ");
    if governors
        .iter()
        .all(|(governor, _)| governor == "performance")
    {
        return Check::ok(name, finding);
    }
    Check::warn(
        name,
        finding,
        "cpupower frequency-set --governor performance",
    )
}

/// The idle state of CPU 0 that takes longest to leave.
fn idle(files: &Files) -> Check {
    let name = "idle states";
    let directory = format!("{CPUS}/cpu0/cpuidle");
    let deepest = files
        .list(&directory)
        .iter()
        .map(|state| format!("{directory}/{state}"))
        .filter(|state| files.read(&format!("{state}/disable")).as_deref() != Some("1"))
        .filter_map(|state| {
            let latency = files
                .read(&format!("{state}/latency"))?
                .parse::<u64>()
                .ok()?;
            Some((latency, files.read(&format!("{state}/name"))?))
        })
        .max();
    match deepest {
        None => Check::ok(name, "none"),
        Some((latency, state)) if latency <= SHALLOW => Check::ok(
            name,
            format!("{state} takes {} to leave", Nanoseconds(latency * 1000)),
        ),
        Some((latency, state)) => Check::warn(
            name,
            format!("{state} takes {} to leave", Nanoseconds(latency * 1000)),
            "irqlink agent --dma-latency 0us keeps CPUs out of it while it runs",
        ),
    }
}

fn cpus(files: &Files) -> Check {
    let allowed = match realtime::affinity() {
        Ok(allowed) => allowed.to_string(),
        Err(errno) => return Check::warn("CPUs", "unknown", errno.desc()),
    };
    let isolated = files
        .read(&format!("{CPUS}/isolated"))
        .filter(|list| !list.is_empty());
    match isolated {
        Some(isolated) => Check::ok("CPUs", format!("{allowed} allowed, {isolated} isolated")),
        None => Check::ok("CPUs", format!("{allowed} allowed, none isolated")),
    }
}

fn priority_limit() -> Check {
    let name = "real-time priority";
    match getrlimit(Resource::RLIMIT_RTPRIO) {
        _ if nix::unistd::geteuid().is_root() => Check::ok(name, "any (root)"),
        Ok((0, _)) => Check::warn(
            name,
            "not allowed",
            "for agent --priority: `ulimit -r 99`, LimitRTPRIO=99 in the service, or \
             @realtime - rtprio 99 in /etc/security/limits.conf",
        ),
        Ok((limit, _)) => Check::ok(name, format!("up to {}", limit.min(99))),
        Err(errno) => Check::warn(name, "unknown", errno.desc()),
    }
}

fn memory_limit() -> Check {
    let name = "locked memory";
    match getrlimit(Resource::RLIMIT_MEMLOCK) {
        _ if nix::unistd::geteuid().is_root() => Check::ok(name, "any (root)"),
        Ok((limit, _)) if limit < LOCKED => Check::warn(
            name,
            format!("{} KiB", limit / 1024),
            "for agent --mlock: `ulimit -l 8192`, or LimitMEMLOCK=8M in the service",
        ),
        Ok(_) => Check::ok(name, "enough"),
        Err(errno) => Check::warn(name, "unknown", errno.desc()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{Verdict, fake};
    use super::*;

    #[test]
    fn a_slow_clock_is_a_warning() {
        let files = fake::files(&[(CLOCKSOURCE, "tsc\n")]);
        assert_eq!(clock(&files), Check::ok("clock source", "tsc"));
        let files = fake::files(&[(CLOCKSOURCE, "hpet\n")]);
        assert_eq!(clock(&files).verdict, Verdict::Warn);
    }

    #[test]
    fn a_governor_other_than_performance_is_a_warning() {
        let files = fake::files(&[
            (
                "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                "powersave",
            ),
            (
                "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
                "powersave",
            ),
            (
                "sys/devices/system/cpu/cpu2/cpufreq/scaling_governor",
                "performance",
            ),
        ]);
        let check = governor(&files);
        assert_eq!(check.verdict, Verdict::Warn);
        assert_eq!(check.finding, "powersave on CPU 0-1, performance on CPU 2");
        assert_eq!(governor(&fake::files(&[])).verdict, Verdict::Ok);
    }

    #[test]
    fn only_a_deep_idle_state_in_use_is_a_warning() {
        let state = |latency| {
            fake::files(&[
                ("sys/devices/system/cpu/cpu0/cpuidle/state0/name", "POLL"),
                ("sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "0"),
                ("sys/devices/system/cpu/cpu0/cpuidle/state1/name", "C6"),
                (
                    "sys/devices/system/cpu/cpu0/cpuidle/state1/latency",
                    latency,
                ),
                ("sys/devices/system/cpu/cpu0/cpuidle/state2/name", "C9"),
                ("sys/devices/system/cpu/cpu0/cpuidle/state2/latency", "900"),
                ("sys/devices/system/cpu/cpu0/cpuidle/state2/disable", "1"),
            ])
        };
        assert_eq!(idle(&state("133")).finding, "C6 takes 133.0us to leave");
        assert_eq!(idle(&state("133")).verdict, Verdict::Warn);
        assert_eq!(idle(&state("2")).verdict, Verdict::Ok);
    }
}
