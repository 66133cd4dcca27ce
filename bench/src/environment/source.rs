//! The source that is measured.

use irqlink::Source;
use serde::{Deserialize, Serialize};

use super::text;

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
            irq_affinity: text(format!("/proc/irq/{}/effective_affinity_list", source.irq)),
        }
    }
}
