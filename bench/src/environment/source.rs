//! The source that is measured.

use irqlink::{Control, Source};
use serde::{Deserialize, Serialize};

use super::{ThreadState, text};

/// The source and its interrupt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// Module that feeds it.
    pub driver: String,
    /// Device that raises the interrupt.
    pub device: String,
    /// Where deliveries run: `softirq` or `thread`.
    pub delivery: String,
    /// Linux interrupt number.
    pub irq: u32,
    /// CPUs that the interrupt really goes to.
    pub irq_affinity: Option<String>,
    /// Those that it went to when the run ended, if they were others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irq_affinity_after: Option<String>,
    /// The thread that delivers, where one does.
    #[serde(default)]
    pub thread: Option<ThreadState>,
}

impl SourceState {
    /// Reads it.
    pub fn read(source: &Source) -> Self {
        SourceState {
            name: source.name.clone(),
            driver: source.driver.clone(),
            device: source.device.clone(),
            delivery: source.delivery.to_string(),
            irq: source.irq,
            thread: irq_thread(source),
            irq_affinity: irq_affinity(source.irq),
            irq_affinity_after: None,
        }
    }

    /// Notes whether its interrupt goes elsewhere by now. The source may have been made again since, with
    /// another interrupt; one that is gone tells nothing.
    pub fn read_again(&mut self) {
        let source = Control::open().and_then(|mut control| control.source(&self.name));
        let now = source.ok().and_then(|source| irq_affinity(source.irq));
        self.irq_affinity_after = now.filter(|now| self.irq_affinity.as_ref() != Some(now));
    }

    /// That its interrupt went elsewhere, in words.
    pub fn moved(&self) -> Option<String> {
        let after = self.irq_affinity_after.as_ref()?;
        let before = self.irq_affinity.as_deref().unwrap_or("unknown");
        Some(format!(
            "the interrupt of {} moved from CPUs {before} to {after} meanwhile",
            self.name
        ))
    }
}

fn irq_affinity(irq: u32) -> Option<String> {
    text(format!("/proc/irq/{irq}/effective_affinity_list"))
}

/// The thread of the source's interrupt, `irq/24-edu0`, or that of a simulated one.
fn irq_thread(source: &Source) -> Option<ThreadState> {
    let names = [
        format!("irq/{}-", source.irq),
        format!("irqlink/{}", source.name),
    ];
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes
        .map(|process| process.path())
        .filter(|process| {
            let name = text(process.join("comm")).unwrap_or_default();
            name.starts_with(&names[0]) && source.irq != 0 || name == names[1]
        })
        .find_map(|process| ThreadState::of(&process, &[]))
}
