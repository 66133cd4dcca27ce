//! Settings that figures depend on, and that older reports do not tell.

use super::likeness::{or_none, yes};
use crate::environment::{Environment, ThreadState};

/// What else figures depend on.
pub fn settings(e: &Environment) -> [(&'static str, Option<String>); 5] {
    let pause = |ns| format!("{} us", ns as f64 / 1e3);
    [
        (
            "kernel parameters",
            e.kernel_command.as_deref().map(parameters),
        ),
        (
            "receiver's settings",
            e.receiver.as_ref().and_then(of_thread),
        ),
        ("trigger's settings", e.trigger.as_ref().and_then(of_thread)),
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
fn of_thread(thread: &ThreadState) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::super::likeness::tests::{report, words};
    use super::*;

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
}
