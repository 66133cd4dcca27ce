//! Sources that are PCI functions unknown to the driver.

use crate::abi::*;
use crate::netlink::Builder;

/// A PCI function whose registers are described here; bind it first, see
/// [`PciBinding`](crate::PciBinding). All registers are 32 bits wide, at offsets in the BAR.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pci {
    /// Address of the function, such as `0000:00:04.0`.
    pub device: String,
    /// Number of the BAR that the registers are in.
    pub bar: u32,
    /// Status register, which is 0 if the interrupt was not the device's. Without it every
    /// interrupt counts, which takes one that is not shared.
    pub status: Option<u32>,
    /// Where the status is written to, so that the device takes its interrupt back.
    pub ack: Option<u32>,
    /// Where [`trigger_value`](Self::trigger_value) is written to, to raise the interrupt.
    pub trigger: Option<u32>,
    /// See [`trigger`](Self::trigger).
    pub trigger_value: Option<u32>,
    /// Vectors to use, each a source; 1 if `None`.
    pub vectors: Option<u32>,
}

impl Pci {
    pub(super) fn put(&self, to: Builder) -> Builder {
        to.string(IRQLINK_A_PCI_DEVICE, &self.device)
            .u32(IRQLINK_A_PCI_BAR, self.bar)
            .u32_if_some(IRQLINK_A_PCI_STATUS, self.status)
            .u32_if_some(IRQLINK_A_PCI_ACK, self.ack)
            .u32_if_some(IRQLINK_A_PCI_TRIGGER, self.trigger)
            .u32_if_some(IRQLINK_A_PCI_TRIGGER_VALUE, self.trigger_value)
            .u32_if_some(IRQLINK_A_PCI_VECTORS, self.vectors)
    }
}
