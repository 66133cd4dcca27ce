//! What the kernel says, and which of it fails a run.

/// What a line of the kernel's log contains when something is wrong with the kernel.
const COMPLAINTS: [&str; 28] = [
    "WARNING: ",
    "BUG: ",
    "UBSAN: ",
    "kernel BUG at",
    "Oops",
    "] Internal error: ",
    TRACES[0],
    TRACES[1],
    "cannot create duplicate filename",
    "Kernel panic",
    "general protection fault",
    "Unable to handle kernel",
    "double fault",
    "invalid opcode:",
    "possible recursive locking",
    "possible circular locking",
    "possible irq lock inversion",
    "inconsistent lock state",
    "suspicious RCU usage",
    "self-detected stall",
    "detected stalls on CPUs",
    "rcu: INFO",
    "soft lockup",
    LEAK,
    "nobody cared",
    "scheduling while atomic",
    "INFO: trying to register non-static key",
    "blocked for more than",
];

/// Before a trace of calls: the first on x86, the other on ARM.
const TRACES: [&str; 2] = ["Call Trace:", "Call trace:"];
/// After the name of a cache of which SLUB says `BUG` (kernel: slab_bug() in mm/slub.c).
const OF_CACHE: [&str; 2] = [" (Tainted: ", " (Not tainted)"];

/// Before a trace that is no complaint: memory was not to be had (kernel: warn_alloc() in mm/page_alloc.c).
const NO_MEMORY: [&str; 2] = ["page allocation failure: ", "vmalloc error: "];

/// What kmemleak says of each leak.
const LEAK: &str = "unreferenced object";
/// In the trace of a leak that is the kernel's own: the label of a line whose controller leaves while it
/// is in use (kernel: gpiod_free_commit() in drivers/gpio/gpiolib.c does nothing then).
const KERNELS_LEAK: &str = " desc_set_label+";

/// Lines of the log that say that something is wrong, each once, in their order.
pub fn complaints(log: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut lacks_memory = false;
    let lines: Vec<&str> = log.lines().collect();
    for (index, line) in lines.iter().copied().enumerate() {
        lacks_memory |= has(line, &NO_MEMORY);
        if lacks_memory && has(line, &TRACES) {
            lacks_memory = false;
            continue;
        }
        if line.contains(LEAK) && is_kernels_leak(&lines[index + 1..]) {
            continue;
        }
        if (has(line, &COMPLAINTS) || is_of_cache(line))
            && !found.iter().any(|seen| message(seen) == message(line))
        {
            found.push(line);
        }
    }
    found
}

fn has(line: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| line.contains(text))
}

fn is_of_cache(line: &str) -> bool {
    let cache = line.split_once("BUG ").map(|(_, cache)| cache);
    cache.is_some_and(|cache| has(cache, &OF_CACHE))
}

/// Whether the trace that follows is of a leak of the kernel itself.
fn is_kernels_leak(following: &[&str]) -> bool {
    let trace = following.iter().take_while(|line| !line.contains(LEAK));
    trace.into_iter().any(|line| line.contains(KERNELS_LEAK))
}

/// A line without its time, which the console and the log round differently.
fn message(line: &str) -> &str {
    match line.split_once("] ") {
        Some((time, message)) if time.starts_with('[') => message,
        _ => line,
    }
}

/// The last `count` lines.
pub fn tail(log: &str, count: usize) -> String {
    let lines: Vec<&str> = log.lines().collect();
    match lines.len() {
        0 => "(nothing was said)".to_string(),
        len => lines[len.saturating_sub(count)..].join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_boot_has_no_complaints() {
        let log = "[    0.000000] Linux version 6.12.117+deb12-amd64\n\
            [    0.4] pci 0000:00:01.3: quirk_piix4_acpi: claimed by PIIX4 ACPI\n\
            [    1.1] debug: initialized\n[    2.0] irqlink: loading out-of-tree module taints kernel.\n\
            [    2.1] mmc0: cannot verify signal voltage switch\n[    2.2] CPU: 1 PID: 1 Comm: swapper/0 Not tainted\n\
            [    2.3] x86/bugs: Vulnerability BUG disabled\n[    2.4] printk: debug: ignoring loglevel setting.\n";
        assert!(complaints(log).is_empty());
    }

    #[test]
    fn a_lack_of_memory_is_no_trouble_but_what_follows_it_is() {
        for trace in TRACES {
            let lack = format!(
                "[ 9.1] lab: vmalloc error: size 69632, failed to map pages, mode:0xdc0\n[ 9.2] {trace}\n"
            );
            assert!(complaints(&lack).is_empty());
            let trouble = format!("[ 9.3] {trace}");
            assert_eq!(complaints(&format!("{lack}{trouble}\n")), [trouble]);
        }
    }

    #[test]
    fn a_leak_of_the_kernel_itself_is_told_from_ours() {
        let leak = |function| {
            format!(
                "[ 9.1] kmemleak: unreferenced object 0xff00 (size 32):\n[ 9.2] kmemleak:     {function}+0x32/0x110\n"
            )
        };
        let (kernels, ours) = (leak("desc_set_label"), leak("gpio_setup"));
        assert!(complaints(&kernels).is_empty());
        for log in [format!("{kernels}{ours}"), format!("{ours}{kernels}")] {
            assert_eq!(complaints(&log).len(), 1, "{log}");
        }
    }

    #[test]
    fn each_kind_of_trouble_is_found() {
        for line in [
            "[    5.140900] WARNING: CPU: 0 PID: 61 at kernel/irq/manage.c:790 __enable_irq+0x3f/0x60",
            "[   10.2] BUG: kernel NULL pointer dereference, address: 0000000000000008",
            "[   10.2] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI",
            "[   10.2] Call Trace:",
            "[   10.2] kernel BUG at mm/slub.c:448!",
            "[   10.2] Kernel panic - not syncing: Fatal exception in interrupt",
            "[   10.2] general protection fault, probably for non-canonical address",
            "[   10.2] WARNING: possible recursive locking detected",
            "[   10.2] kmemleak: unreferenced object 0xffff888003a5c000 (size 64):",
            "[   10.2] UBSAN: shift-out-of-bounds in core/log.c:90:12",
            "[   10.2] Call trace:",
            "[   10.2] Internal error: synchronous external abort: 0000000096000210 [#1] SMP",
            "[   10.2] sysfs: cannot create duplicate filename '/class/irqlink/edu0'",
            "[   10.2] BUG kmalloc-64 (Tainted: G           O      ): Poison overwritten",
            "[   10.2] BUG skbuff_head_cache (Tainted: G           O      ): Redzone overwritten",
            "[   10.2] BUG dentry (Not tainted): Objects remaining on __kmem_cache_shutdown()",
            "[   10.2] INFO: trying to register non-static key.",
            "[   10.2] INFO: task irqlink:71 blocked for more than 60 seconds.",
            "[   31.0] rcu: INFO: rcu_preempt self-detected stall on CPU",
            "[   31.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [irqlink:71]",
            "[   31.0] irq 24: nobody cared (try booting with the \"irqpoll\" option)",
        ] {
            assert_eq!(complaints(line), [line]);
        }
    }

    #[test]
    fn the_console_and_the_log_say_it_once() {
        let log = "[    5.140900] WARNING: CPU: 0\n[    5.141000] WARNING: CPU: 0\n[    5.2] WARNING: CPU: 1\n";
        assert_eq!(
            complaints(log),
            [
                "[    5.140900] WARNING: CPU: 0",
                "[    5.2] WARNING: CPU: 1"
            ]
        );
    }

    #[test]
    fn the_tail_is_short_and_never_empty() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("", 2), "(nothing was said)");
    }
}
