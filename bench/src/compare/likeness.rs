//! Whether two environments are alike, in all that figures depend on.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::environment::{Environment, Power, SourceState, ThreadState, executed_by};
use crate::measure::Measure;
use crate::report::Report;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is.
    pub what: &'static str,
    /// In the first report.
    pub a: String,
    /// In the second.
    pub b: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} | {}", self.what, self.a, self.b)
    }
}

/// A name, and its value in words.
type Fact = (&'static str, String);

/// How two reports differ, each thing once.
pub fn differences(a: &Report, b: &Report) -> Vec<Difference> {
    let mut all = Vec::new();
    if measures(a).is_disjoint(&measures(b)) {
        all.extend(between([("measure", named(a))], [("measure", named(b))]));
    }
    let runs = |report: &Report| [("runs merged", report.environments().len().to_string())];
    all.extend(between(runs(a), runs(b)));
    for (a, b) in a.environments().iter().zip(b.environments()) {
        all.extend(between(facts(a), facts(b)));
        all.extend(between_told(later_facts(a), later_facts(b)));
    }
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(one.to_string()));
    all
}

fn between(
    a: impl IntoIterator<Item = Fact>,
    b: impl IntoIterator<Item = Fact>,
) -> impl Iterator<Item = Difference> {
    let pairs = a.into_iter().zip(b);
    pairs
        .filter(|((_, a), (_, b))| a != b)
        .map(|((what, a), (_, b))| Difference { what, a, b })
}

/// What one of them does not tell is no difference.
fn between_told<const N: usize>(
    a: [(&'static str, Option<String>); N],
    b: [(&'static str, Option<String>); N],
) -> impl Iterator<Item = Difference> {
    let told = a.into_iter().zip(b).filter_map(|((what, a), (_, b))| {
        let (a, b) = a.zip(b)?;
        Some(Difference { what, a, b })
    });
    told.filter(|one| one.a != one.b)
}

fn measures(report: &Report) -> BTreeSet<Measure> {
    let rows = report.results.iter().map(|row| row.measure);
    let bursts = report.bursts.iter().map(|burst| burst.measure);
    let rates = report.throughput.iter().map(|rate| rate.measure);
    rows.chain(bursts).chain(rates).collect()
}

fn named(report: &Report) -> String {
    let measures = measures(report).into_iter().map(Measure::name);
    or_none(measures.collect::<Vec<_>>().join(", "))
}

/// What figures depend on. Not the modules: to see what a change of theirs does is what reports are
/// compared for.
fn facts(environment: &Environment) -> Vec<Fact> {
    let e = environment;
    let mut facts = vec![
        ("kernel", format!("{} {}", e.kernel, e.arch)),
        ("kernel version", e.kernel_version.clone()),
        ("preemption", e.preempt.clone()),
        ("CPU", e.cpu.clone()),
        ("CPUs", known(&e.cpus_online)),
        ("isolated CPUs", known(&e.cpus_isolated)),
        ("CPUs without a tick", known(&e.cpus_nohz_full)),
        ("executed by", executed_by(e.accel).into()),
        ("clock", e.clocksource.clone()),
        ("clock counts instructions", yes(e.instruction_clock)),
        ("clock reading taken off", yes(e.clock_read_subtracted)),
        ("tracing on", yes(e.traced)),
        ("governor", known(&e.governor)),
        ("limit of real-time threads", real_time(e.rt_runtime_us)),
        ("receiver", thread(e.receiver.as_ref())),
        ("trigger", thread(e.trigger.as_ref())),
        (
            "loads",
            or_none(e.loads.values().cloned().collect::<Vec<_>>().join(", ")),
        ),
    ];
    facts.extend(power(&e.power));
    facts.extend(source(e.source.as_ref()));
    facts
}

/// The same, which older reports do not tell.
fn later_facts(e: &Environment) -> [(&'static str, Option<String>); 5] {
    let pause = |ns| format!("{} us", ns as f64 / 1e3);
    [
        (
            "kernel parameters",
            e.kernel_command.as_deref().map(parameters),
        ),
        (
            "receiver's settings",
            e.receiver.as_ref().and_then(settings),
        ),
        ("trigger's settings", e.trigger.as_ref().and_then(settings)),
        ("pause before each interrupt", e.interval_ns.map(pause)),
        ("interrupts from outside", e.listens.map(yes)),
    ]
}

/// Those of a kernel's command line that do more than name what is booted, and where its words go.
fn parameters(command: &str) -> String {
    const NAMES: [&str; 9] = [
        "BOOT_IMAGE",
        "initrd",
        "root",
        "rootfstype",
        "resume",
        "ro",
        "rw",
        "quiet",
        "console",
    ];
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let words = command.split_whitespace();
    let mut words: Vec<_> = words
        .filter(|word| !NAMES.contains(&&*name(word)))
        .collect();
    words.sort_unstable();
    or_none(words.join(" "))
}

/// Real-time settings that the thread's scheduling does not show.
fn settings(thread: &ThreadState) -> Option<String> {
    const SHOWN: [&str; 2] = ["scheduler", "CPUs"];
    let setting = |(name, value): (&String, &String)| match name.as_str() {
        // How much it is differs from run to run.
        "memory lock" => name.clone(),
        _ => format!("{name} {value}"),
    };
    let others = thread.setup.iter();
    let others = others.filter(|(name, _)| !SHOWN.contains(&name.as_str()));
    let others: Vec<_> = others.map(setting).collect();
    (!thread.setup.is_empty()).then(|| or_none(others.join(", ")))
}

fn power(power: &Power) -> Vec<Fact> {
    let states = power.idle_states.iter().filter(|state| !state.disabled);
    let states: Vec<_> = states.map(|state| state.name.as_str()).collect();
    let frequency = power.frequency_khz;
    vec![
        ("idle states", or_none(states.join(" "))),
        ("governor of idle states", known(&power.idle_governor)),
        (
            "frequency",
            frequency.map_or("unknown".into(), |(min, max)| format!("{min} to {max} kHz")),
        ),
        ("boost", power.boost.map_or("unknown".into(), yes)),
    ]
}

fn source(source: Option<&SourceState>) -> Vec<Fact> {
    let of = |read: fn(&SourceState) -> String| source.map_or("none".into(), read);
    vec![
        (
            "source",
            of(|one| format!("{} of {}", one.name, one.driver)),
        ),
        ("delivery", of(|one| one.delivery.clone())),
        ("interrupt's CPUs", of(|one| known(&one.irq_affinity))),
        ("interrupt's thread", of(|one| thread(one.thread.as_ref()))),
    ]
}

fn thread(thread: Option<&ThreadState>) -> String {
    thread.map_or("none".into(), |thread| {
        let (policy, priority, cpus) = (&thread.policy, thread.priority, &thread.cpus);
        format!("{policy} {priority} on CPUs {cpus}")
    })
}

fn real_time(limit: Option<i64>) -> String {
    match limit {
        None => "unknown".into(),
        Some(-1) => "none".into(),
        Some(us) => format!("{us} us of each second"),
    }
}

fn known(value: &Option<String>) -> String {
    value.clone().map_or("unknown".into(), or_none)
}

fn or_none(text: String) -> String {
    match text.is_empty() {
        true => "none".into(),
        false => text,
    }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::report::tests::row;

    fn report(change: impl FnOnce(&mut Environment)) -> Report {
        let mut environment = environment();
        change(&mut environment);
        let rows = vec![row("read", Measure::Time, 5_000)];
        Report::new(environment, rows, false)
    }

    fn words(a: &Report, b: &Report) -> Vec<String> {
        let found = differences(a, b);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn alike_are_runs_of_another_order_module_and_command() {
        let other = report(|one| {
            one.order = None;
            one.command = vec!["irqlink-bench".into()];
            one.clock_read += 1;
            one.modules.clear();
        });
        assert_eq!(words(&report(|_| {}), &other), Vec::<String>::new());
    }

    #[test]
    fn each_setting_that_differs_is_named_with_both_values() {
        let other = report(|one| {
            one.governor = Some("powersave".into());
            one.power.boost = Some(true);
            one.cpus_isolated = Some("1".into());
        });
        let expected = [
            "isolated CPUs: none | 1",
            "governor: unknown | powersave",
            "boost: unknown | yes",
        ];
        assert_eq!(words(&report(|_| {}), &other), expected);
    }

    #[test]
    fn kernel_parameters_differ_only_if_they_do_something() {
        let with = |command: &str| report(|one| one.kernel_command = Some(command.into()));
        let first = with("BOOT_IMAGE=/vmlinuz-1 root=UUID=1 ro quiet nohz_full=1 console=ttyS0");
        let alike = with("BOOT_IMAGE=/vmlinuz-2 nohz_full=1 root=/dev/sda1 rw");
        assert_eq!(words(&first, &alike), Vec::<String>::new());
        assert_eq!(words(&first, &report(|_| {})), Vec::<String>::new());
        let other = with("nohz_full=1 idle=poll");
        let expected = ["kernel parameters: nohz_full=1 | idle=poll nohz_full=1"];
        assert_eq!(words(&first, &other), expected);
    }

    #[test]
    fn settings_and_options_differ_where_both_tell_them() {
        let with = |setup: &[(&str, &str)], interval| {
            let setup = setup.iter();
            let setup = setup.map(|(name, value)| (name.to_string(), value.to_string()));
            let thread = ThreadState {
                policy: "SCHED_FIFO".into(),
                priority: 1,
                cpus: "0".into(),
                locked_kib: 2048,
                setup: setup.collect(),
            };
            report(|one| {
                one.trigger = Some(thread);
                one.interval_ns = interval;
            })
        };
        let plain = with(
            &[("memory lock", "2048 kB"), ("scheduler", "fifo 1")],
            Some(200_000),
        );
        let other = [("memory lock", "4096 kB"), ("wake-up latency", "0 ns")];
        let expected = [
            "trigger's settings: memory lock | memory lock, wake-up latency 0 ns",
            "pause before each interrupt: 200 us | 1000 us",
        ];
        assert_eq!(words(&plain, &with(&other, Some(1_000_000))), expected);
        assert_eq!(words(&plain, &with(&[], None)), Vec::<String>::new());
    }

    #[test]
    fn unlike_measures_are_a_difference_only_if_they_share_none() {
        let times = report(|_| {});
        let mut both = times.clone();
        both.results.push(row("read", Measure::PathLength, 4_800));
        assert_eq!(words(&times, &both), Vec::<String>::new());
        both.results.remove(0);
        assert_eq!(words(&times, &both), ["measure: time | path length"]);
    }

    #[test]
    fn runs_of_merged_reports_are_compared_one_by_one() {
        let mut merged = report(|_| {});
        merged.runs = vec![environment(), environment()];
        merged.runs[1].accel = crate::environment::Accel::Kvm;
        assert_eq!(words(&report(|_| {}), &merged), ["runs merged: 1 | 2"]);
        let mut other = merged.clone();
        other.runs[1].accel = crate::environment::Accel::None;
        let expected = ["executed by: the processor, under KVM | the processor"];
        assert_eq!(words(&merged, &other), expected);
    }
}
