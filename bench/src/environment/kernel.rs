//! The kernel's preemption model, and irqlink's modules.

use std::collections::BTreeMap;
use std::fs;

use super::text;

/// The preemption model. `version` is that of `uname -v`.
pub fn preemption(version: &str) -> String {
    let dynamic = text("/sys/kernel/debug/sched/preempt");
    let realtime = text("/sys/kernel/realtime");
    model(version, dynamic.as_deref(), realtime.as_deref())
}

/// `dynamic` is the kernel's list of models with the one in effect in parentheses, which only a
/// mounted debugfs shows (kernel/sched/debug.c); `realtime` is "1" on PREEMPT_RT.
fn model(version: &str, dynamic: Option<&str>, realtime: Option<&str>) -> String {
    let has = |word: &str| version.split([' ', ',']).any(|part| part == word);
    if realtime == Some("1") || has("PREEMPT_RT") {
        return "rt".into();
    }
    let chosen = dynamic.and_then(|list| {
        let (_, rest) = list.split_once('(')?;
        Some(rest.split_once(')')?.0.to_owned())
    });
    chosen.unwrap_or_else(|| {
        if has("PREEMPT_DYNAMIC") {
            "dynamic (mount debugfs to see which)".into()
        } else if has("PREEMPT") {
            "full".into()
        } else {
            "none or voluntary".into()
        }
    })
}

/// Version of each loaded module of irqlink.
pub fn modules() -> BTreeMap<String, String> {
    let entries = fs::read_dir("/sys/module").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = ["version", "srcversion"]
                .iter()
                .find_map(|file| text(entry.path().join(file)));
            let is_ours = name == "irqlink" || name.starts_with("irqlink_");
            is_ours.then(|| (name, version.unwrap_or_else(|| "unknown".into())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preemption_models() {
        let dynamic = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1 (2025-11-01)";
        for (version, list, realtime, expected) in [
            (dynamic, Some("none (voluntary) full"), None, "voluntary"),
            (dynamic, Some("none voluntary (full) lazy"), None, "full"),
            (dynamic, None, None, "dynamic (mount debugfs to see which)"),
            ("#1 SMP PREEMPT_RT Debian 6.12.117", None, Some("1"), "rt"),
            ("#1 SMP PREEMPT Debian", None, None, "full"),
            ("#1 SMP Debian", None, None, "none or voluntary"),
        ] {
            assert_eq!(model(version, list, realtime), expected, "{version}");
        }
    }
}
