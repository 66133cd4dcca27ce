//! Whether two environments are alike, in all that figures depend on.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::settings::settings;
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
        all.extend(between_told(settings(a), settings(b)));
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

/// "none" for an empty text.
pub fn or_none(text: String) -> String {
    match text.is_empty() {
        true => "none".into(),
        false => text,
    }
}

/// In words.
pub fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::report::tests::row;

    pub fn report(change: impl FnOnce(&mut Environment)) -> Report {
        let mut environment = environment();
        change(&mut environment);
        let rows = vec![row("read", Measure::Time, 5_000)];
        Report::new(environment, rows, false)
    }

    pub fn words(a: &Report, b: &Report) -> Vec<String> {
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
