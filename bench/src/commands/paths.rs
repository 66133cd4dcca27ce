//! `irqlink-bench paths`

use std::process::ExitCode;

use clap::Args;
use irqlink::Control;

use super::output::print;
use super::target::source;
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
            .and_then(|mut control| source(&mut control, self.source.as_deref()));
        let mut text = String::new();
        for path in path::ALL {
            text += &format!("{:14}  {}\n", path.name(), path.summary());
            let missing = source.as_ref().ok().and_then(|source| path.missing(source));
            if let Some(why) = missing {
                text += &format!("{:14}  not to be had here: {why}\n", "");
            }
        }
        print(&text)?;
        if let Err(error) = source {
            say(format_args!(
                "whether they are to be had here is not known: {error}"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
