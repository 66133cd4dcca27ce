//! `irqlink-bench paths`

use std::process::ExitCode;

use clap::Args;
use irqlink::Control;

use super::output::print;
use super::target::any_source;
use crate::error::Result;
use crate::path;
use crate::say::say;

/// List the paths that can be measured, and why others cannot be here.
#[derive(Debug, Args)]
pub struct Paths {
    /// Name of the source; by default the first that can raise its own interrupt
    #[arg(short, long, value_name = "NAME")]
    source: Option<String>,
}

impl Paths {
    pub fn run(self) -> Result<ExitCode> {
        let source = Control::open()
            .map_err(Into::into)
            .and_then(|mut control| any_source(&mut control, self.source.as_deref()));
        let mut text = String::new();
        for path in path::ALL {
            text += &format!("{:14}  {}\n", path.name(), path.summary());
            let known = source.as_ref().ok();
            let missing =
                known.and_then(|(source, listens)| path::missing(*path, source, *listens));
            if let Some(why) = missing {
                text += &format!("{:14}  not to be had here: {why}\n", "");
            }
        }
        print(&text)?;
        match source {
            Ok((source, true)) => say(format_args!(
                "{} cannot raise its own interrupt: `run` waits for interrupts from outside",
                source.name
            )),
            Ok(_) => {}
            Err(error) => say(format_args!(
                "whether they are to be had here is not known: {error}"
            )),
        }
        Ok(ExitCode::SUCCESS)
    }
}
