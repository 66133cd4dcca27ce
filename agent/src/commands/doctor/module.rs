//! The module, its sources, and the way to them.

use irqlink::{Access, Control, Device, Source};

use super::check::{Check, Files};

/// Modules that bind no PCI devices: their sources are made, or described by the board.
const MAKERS: [&str; 2] = ["irqlink_sim", "irqlink_gpio"];

/// All checks of the module and its sources, as far as they can be made.
pub fn checks(files: &Files) -> Vec<Check> {
    let mut checks = vec![loaded(files)];
    let mut control = match Control::open() {
        Ok(control) => control,
        Err(error) => {
            checks.push(Check::fail(
                "netlink family",
                "not usable",
                error.to_string(),
            ));
            return checks;
        }
    };
    let family = control.family();
    checks.push(Check::ok(
        "netlink family",
        format!("irqlink version {}, number {}", family.version, family.id),
    ));
    match control.sources() {
        Err(error) => checks.push(Check::fail("sources", "not listed", error.to_string())),
        Ok(sources) => {
            checks.push(found(&sources, &drivers(files)));
            for source in &sources {
                checks.push(device(source));
                checks.push(delivery(source, files));
                // A simulated source has no interrupt of its own.
                if source.irq != 0 {
                    checks.push(affinity(source, files));
                }
            }
        }
    }
    checks
}

fn loaded(files: &Files) -> Check {
    if files.list("sys/module/irqlink").is_empty() {
        return Check::fail("module", "not loaded", "modprobe irqlink");
    }
    let version = files.read("sys/module/irqlink/version");
    let version = version.map_or(String::new(), |version| format!(", version {version}"));
    Check::ok("module", format!("loaded{version}"))
}

/// Loaded modules that have sources.
fn drivers(files: &Files) -> Vec<String> {
    let mut modules = files.list("sys/module");
    modules.retain(|module| module.starts_with("irqlink_"));
    modules
}

fn found(sources: &[Source], drivers: &[String]) -> Check {
    if !sources.is_empty() {
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        return Check::ok("sources", names.join(", "));
    }
    let mut binders: Vec<&str> = drivers.iter().map(String::as_str).collect();
    binders.retain(|driver| !MAKERS.contains(driver));
    let advice = match (drivers, &binders[..]) {
        ([], _) => "load a driver for your device (modprobe irqlink_pci), or make a source \
                    (irqlink source add)"
            .to_owned(),
        (_, []) => "make one: irqlink source add".to_owned(),
        (_, binders) => format!(
            "no device is bound to {}: see `lspci -nnk`; another driver may have it, or its \
             PCI id is unknown (write it to the driver's new_id in sysfs)",
            binders.join(", ")
        ),
    };
    Check::fail("sources", "none", advice)
}

fn device(source: &Source) -> Check {
    let name = format!("{}: device file", source.name);
    match Device::open(&source.name, Access::ReadWrite) {
        Ok(_) => Check::ok(name, "can be read and triggered"),
        Err(_) => match Device::open(&source.name, Access::Read) {
            Ok(_) => Check::ok(name, "can be read, not triggered"),
            Err(error) => Check::fail(name, "cannot be opened", error.to_string()),
        },
    }
}

fn delivery(source: &Source, files: &Files) -> Check {
    let name = format!("{}: delivery", source.name);
    if preemption(files) == "PREEMPT_RT" {
        return Check::ok(name, format!("{}, in an interrupt thread", source.delivery));
    }
    Check::ok(name, source.delivery.to_string())
}

/// Which CPUs take the interrupt, and whether that may change.
fn affinity(source: &Source, files: &Files) -> Check {
    let name = format!("{}: interrupt {}", source.name, source.irq);
    let directory = format!("proc/irq/{}", source.irq);
    let Some(allowed) = files.read(&format!("{directory}/smp_affinity_list")) else {
        return Check::warn(
            name,
            "affinity unknown",
            format!("/{directory} cannot be read"),
        );
    };
    let effective = files.read(&format!("{directory}/effective_affinity_list"));
    let effective = effective
        .filter(|list| !list.is_empty())
        .unwrap_or(allowed.clone());
    let finding = format!("on CPU {effective}, allowed on {allowed}");
    if runs(files, "irqbalance") {
        return Check::warn(
            name,
            format!("{finding}; irqbalance may move it"),
            format!(
                "irqbalance --banirq={}, and choose its CPU by /{directory}/smp_affinity_list",
                source.irq
            ),
        );
    }
    Check::ok(name, finding)
}

/// Whether a process of that name runs.
fn runs(files: &Files, name: &str) -> bool {
    let processes = files.list("proc");
    let mut numbers = processes
        .iter()
        .filter(|entry| entry.bytes().all(|b| b.is_ascii_digit()));
    numbers.any(|number| files.read(&format!("proc/{number}/comm")).as_deref() == Some(name))
}

/// The kernel's preemption model, from its version line.
pub fn preemption(files: &Files) -> &'static str {
    let version = files.read("proc/version").unwrap_or_default();
    ["PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"]
        .into_iter()
        .find(|model| version.split_whitespace().any(|word| word == *model))
        .unwrap_or("no preemption")
}

#[cfg(test)]
mod tests {
    use super::super::check::{Verdict, fake};
    use super::*;

    #[test]
    fn a_module_that_is_not_loaded_is_a_failure() {
        let check = loaded(&fake::files(&[]));
        assert_eq!(
            (check.verdict, check.advice.as_deref()),
            (Verdict::Fail, Some("modprobe irqlink"))
        );
        let files = fake::files(&[("sys/module/irqlink/version", "0.1.0\n")]);
        assert_eq!(loaded(&files), Check::ok("module", "loaded, version 0.1.0"));
    }

    #[test]
    fn no_source_is_a_failure_whose_advice_depends_on_the_drivers() {
        let files = fake::files(&[("sys/module/irqlink_pci/refcnt", "0")]);
        assert!(
            found(&[], &[])
                .advice
                .unwrap()
                .contains("modprobe irqlink_pci")
        );
        assert!(
            found(&[], &drivers(&files))
                .advice
                .unwrap()
                .contains("irqlink_pci")
        );
        let makers = MAKERS.map(str::to_owned);
        let advice = found(&[], &makers).advice.unwrap();
        assert!(advice.contains("irqlink source add") && !advice.contains("lspci"));
        let source = Source {
            name: "edu0".into(),
            ..Source::default()
        };
        assert_eq!(found(&[source], &[]), Check::ok("sources", "edu0"));
    }

    #[test]
    fn irqbalance_is_a_warning() {
        let source = Source {
            name: "edu0".into(),
            irq: 24,
            ..Source::default()
        };
        let contents = [
            ("proc/irq/24/smp_affinity_list", "0-1"),
            ("proc/irq/24/effective_affinity_list", "1"),
        ];
        let quiet = affinity(&source, &fake::files(&contents));
        assert_eq!(
            quiet,
            Check::ok("edu0: interrupt 24", "on CPU 1, allowed on 0-1")
        );
        let contents = [contents[0], contents[1], ("proc/7/comm", "irqbalance\n")];
        let moved = affinity(&source, &fake::files(&contents));
        assert_eq!(moved.verdict, Verdict::Warn);
        assert!(moved.advice.unwrap().contains("--banirq=24"));
    }

    #[test]
    fn the_preemption_model_is_a_word_of_the_version() {
        for (version, model) in [
            (
                "Linux version 6.12 (a) #1 SMP PREEMPT_DYNAMIC Debian",
                "PREEMPT_DYNAMIC",
            ),
            (
                "Linux version 6.12 (a) #1 SMP PREEMPT_RT Debian",
                "PREEMPT_RT",
            ),
            ("Linux version 6.12 (a) #1 SMP Debian", "no preemption"),
        ] {
            let files = fake::files(&[("proc/version", version)]);
            assert_eq!(preemption(&files), model);
        }
    }
}
