//! `irqlink source add pci`

use clap::Args;
use irqlink::units::parse_word;
use irqlink::{NewSource, PciBinding};

use super::super::Outcome;
use super::add::Common;

/// Make a PCI function a source whose registers the driver does not know.
///
/// The function is bound to irqlink_pci first, by its driver_override. Registers are 32 bits wide,
/// given by their offsets in the BAR.
#[derive(Debug, Args)]
pub struct Pci {
    /// Address of the function, such as 0000:00:05.0; see `lspci -D`
    #[arg(long, value_name = "ADDRESS")]
    device: String,
    /// BAR that the registers are in
    #[arg(long, value_name = "N", default_value_t = 0)]
    bar: u32,
    /// Status register: 0 if the interrupt was not the device's; for a shared interrupt
    #[arg(long, value_name = "OFFSET", value_parser = parse_word::<u32>)]
    status: Option<u32>,
    /// Register to write the status to, so that the device takes its interrupt back
    #[arg(long, value_name = "OFFSET", value_parser = parse_word::<u32>, requires = "status")]
    ack: Option<u32>,
    /// Register to write to, to raise the interrupt
    #[arg(long, value_name = "OFFSET", value_parser = parse_word::<u32>)]
    trigger: Option<u32>,
    /// What to write there
    #[arg(long, value_name = "NUMBER", value_parser = parse_word::<u32>, requires = "trigger")]
    trigger_value: Option<u32>,
    /// Interrupt vectors to use, each a source; 1 if absent
    #[arg(long, value_name = "N")]
    vectors: Option<u32>,
    #[command(flatten)]
    common: Common,
}

impl Pci {
    pub fn run(self) -> Outcome {
        let binding = PciBinding::bind(&self.device)?;
        let added = self.common.make(NewSource::new(irqlink::Pci {
            device: binding.address().to_owned(),
            bar: self.bar,
            status: self.status,
            ack: self.ack,
            trigger: self.trigger,
            trigger_value: self.trigger_value,
            vectors: self.vectors,
        }))?;
        // From here on there is nothing to undo, whether or not it can be told.
        binding.keep();
        self.common.tell(&added)
    }
}
