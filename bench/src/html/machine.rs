//! The environment card: the machine and its settings, and the exact command.

use maud::{Markup, html};

use crate::environment::{Environment, Power, ThreadState, executed_by};
use crate::report::{Report, Worth};

/// A card for each run.
pub fn machine(report: &Report) -> Markup {
    let runs = report.environments();
    html! {
        @for (number, run) in runs.iter().enumerate() {
            details.card open[number == 0] {
                summary {
                    @if runs.len() > 1 { "Run " (number + 1) ": " }
                    (run.cpu) ", Linux " (run.kernel)
                }
                dl { @for (name, value) in entries(run) { div { dt { (name) } dd { (value) } } } }
                h4 { "Command" }
                pre { code { (command(&run.command)) } }
            }
        }
    }
}

/// The banner; empty where times are of hardware.
pub fn banner(report: &Report) -> Markup {
    let times = match Worth::of(report) {
        Worth::Hardware | Worth::ExactBeside => return html! {},
        Worth::Mixed => " Some times are not hardware latencies.",
        Worth::Emulated => " Times are not hardware latencies.",
    };
    html! {
        p.banner role="alert" { b { "Emulated CPU." } (times) " Path lengths are exact." }
    }
}

/// What is known; what is not is left out.
fn entries(run: &Environment) -> Vec<(&'static str, String)> {
    let mut entries = vec![
        ("CPU", run.cpu.clone()),
        ("executed by", executed_by(run.accel).into()),
        ("kernel", format!("{} {}", run.kernel, run.arch)),
        ("preemption", run.preempt.clone()),
    ];
    let mut add = |name, value: Option<String>| {
        entries.extend(
            value
                .filter(|value| !value.is_empty())
                .map(|value| (name, value)),
        );
    };
    add("CPUs", run.cpus_online.clone());
    add("isolated CPUs", Some(listed(&run.cpus_isolated)));
    add("CPUs without a tick", Some(listed(&run.cpus_nohz_full)));
    add("power settings of CPU", Some(run.power.cpu.to_string()));
    add(
        "governor",
        Some(run.governor.clone().unwrap_or("not told".into())),
    );
    add("frequency", frequency(&run.power));
    add("idle states", Some(idle(&run.power)));
    let runtime = run.rt_runtime_us.map(|us| match us {
        -1 => "no limit".into(),
        us => format!("{us} us of each second at most"),
    });
    add("real-time threads", runtime);
    add("clock", Some(clock(run)));
    if let Some(source) = &run.source {
        add(
            "source",
            Some(format!(
                "{} ({}, {})",
                source.name, source.driver, source.device
            )),
        );
        add("delivery", Some(source.delivery.clone()));
        let affinity = source.irq_affinity.as_deref().unwrap_or("unknown");
        add(
            "interrupt",
            Some(format!("{} on CPUs {affinity}", source.irq)),
        );
        add("interrupt moved", source.moved());
    }
    let deliverer = run
        .source
        .as_ref()
        .and_then(|source| source.thread.as_ref());
    add("interrupt's thread", deliverer.map(thread));
    add("receiver", run.receiver.as_ref().map(thread));
    add("trigger", run.trigger.as_ref().map(thread));
    for (load, program) in &run.loads {
        add("load", Some(format!("{}: {program}", load.name())));
    }
    add(
        "order",
        run.order
            .map(|order| format!("blocks of a row: {}, seed {}", order.blocks, order.seed)),
    );
    add(
        "tracing",
        run.traced
            .then(|| "on, which makes each figure longer".into()),
    );
    add("kernel's command line", run.kernel_command.clone());
    let modules = run
        .modules
        .iter()
        .map(|(name, version)| format!("{name} {version}"));
    add("modules", Some(modules.collect::<Vec<_>>().join(", ")));
    add("irqlink-bench", Some(run.version.clone()));
    entries
}

fn frequency(power: &Power) -> Option<String> {
    let (min, max) = power.frequency_khz?;
    let driver = power
        .frequency_driver
        .as_deref()
        .unwrap_or("unknown driver");
    let boost = match power.boost {
        Some(true) => ", boost on",
        Some(false) => ", boost off",
        None => "",
    };
    Some(format!(
        "{} to {} MHz, {driver}{boost}",
        min / 1000,
        max / 1000
    ))
}

fn listed(cpus: &Option<String>) -> String {
    match cpus.as_deref() {
        None => "not told".into(),
        Some("") => "none".into(),
        Some(list) => list.into(),
    }
}

fn idle(power: &Power) -> String {
    let states = power.idle_states.iter().map(|state| {
        let off = if state.disabled { ", off" } else { "" };
        format!("{} ({} us{off})", state.name, state.exit_us)
    });
    let states: Vec<_> = states.collect();
    let driver = power.idle_driver.as_deref().unwrap_or("none");
    let governor = power.idle_governor.as_deref().unwrap_or("none");
    match states.is_empty() {
        true => "none".into(),
        false => format!(
            "{}; driver {driver}, governor {governor}",
            states.join(", ")
        ),
    }
}

fn clock(run: &Environment) -> String {
    let unit = match run.instruction_clock {
        true => "instructions",
        false => "ns",
    };
    let taken_off = match run.clock_read_subtracted {
        true => "taken off",
        false => "not taken off",
    };
    format!(
        "{}, a reading costs {} {unit} ({taken_off})",
        run.clocksource, run.clock_read
    )
}

fn thread(thread: &ThreadState) -> String {
    let priority = match thread.priority {
        0 => String::new(),
        priority => format!(" {priority}"),
    };
    format!(
        "{}{priority}, CPUs {}, {} KiB locked",
        thread.policy, thread.cpus, thread.locked_kib
    )
}

/// As it can be typed again.
fn command(words: &[String]) -> String {
    let is_plain = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        !word.is_empty() && word.chars().all(plain)
    };
    let quoted = words.iter().map(|word| match is_plain(word) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_typed_again() {
        let words = ["irqlink-bench", "--json", "my report.json", "it's", ""].map(String::from);
        assert_eq!(
            command(&words),
            r"irqlink-bench --json 'my report.json' 'it'\''s' ''"
        );
    }
}
