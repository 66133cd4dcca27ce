//! `irqlink sources`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::Control;

use super::Outcome;
use crate::output::{Style, Table};

/// List the sources: each is one interrupt of a device.
#[derive(Debug, Args)]
pub struct Sources {
    /// Print JSON: an array of objects
    #[arg(long)]
    json: bool,
}

impl Sources {
    pub fn run(self) -> Outcome {
        let sources = Control::open()?.sources()?;
        let mut output = stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut output, &sources)?;
            writeln!(output)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new(&[
            "NAME", "ID", "DRIVER", "DEVICE", "IRQ", "DELIVERY", "TRIGGER", "MODE", "LOG",
            "RAISED", "AGENTS", "FILES",
        ]);
        for source in sources {
            let masked = if source.masked { ", masked" } else { "" };
            table.row(vec![
                source.name,
                source.id.to_string(),
                source.driver,
                or_none(source.device, ""),
                or_none(source.irq.to_string(), "0"),
                source.delivery.to_string(),
                if source.trigger { "yes" } else { "no" }.to_owned(),
                format!("{}{masked}", source.mode),
                source.capacity.to_string(),
                source.raised.to_string(),
                source.agents.to_string(),
                source.files.to_string(),
            ]);
        }
        table.print(&mut output, Style::detect(), 0)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `-` in place of what stands for none.
fn or_none(text: String, none: &str) -> String {
    if text == none { "-".to_owned() } else { text }
}
