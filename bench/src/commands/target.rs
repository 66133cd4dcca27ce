//! What is measured, and in what: options that the measuring commands share.

use clap::Args;
use irqlink::{Control, Source};

use crate::error::{Error, Result};
use crate::measure::Choice;
use crate::trigger;

/// What is measured, and in what.
#[derive(Debug, Args)]
pub struct Target {
    /// Name of the source; by default the first that can raise its own interrupt
    #[arg(short, long, value_name = "NAME")]
    pub source: Option<String>,
    /// Interrupts to count
    #[arg(short, long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u64).range(1..))]
    pub num: u64,
    /// What to measure: time, or instructions in a VM whose clock counts them (checked)
    #[arg(short, long, value_enum, default_value_t = Choice::Auto)]
    pub measure: Choice,
}

impl Target {
    /// The source.
    ///
    /// # Errors
    /// There is none, or it cannot raise its own interrupt.
    pub fn source(&self, control: &mut Control) -> Result<Source> {
        source(control, self.source.as_deref())
    }
}

/// The source of that name, or the first that can raise its own interrupt.
///
/// # Errors
/// There is none, or it cannot.
pub fn source(control: &mut Control, name: Option<&str>) -> Result<Source> {
    match name {
        Some(name) => able(control.source(name)?),
        None => first_able(control.sources()?),
    }
}

/// The source of that name, or the first that can raise its own interrupt; and whether its interrupts have to come
/// from outside.
///
/// # Errors
/// There is none.
pub fn any_source(control: &mut Control, name: Option<&str>) -> Result<(Source, bool)> {
    let source = match name {
        Some(name) => control.source(name)?,
        None => first_able(control.sources()?)?,
    };
    let listens = !trigger::is_possible(&source);
    Ok((source, listens))
}

fn able(source: Source) -> Result<Source> {
    match trigger::is_possible(&source) {
        true => Ok(source),
        false => Err(Error::Library(irqlink::Error::CannotTrigger {
            name: source.name,
        })),
    }
}

fn first_able(sources: Vec<Source>) -> Result<Source> {
    let known = sources.iter().map(|source| source.name.clone()).collect();
    let mut able = sources.into_iter().filter(|source| source.trigger);
    able.next().ok_or(Error::NoTrigger { known })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_that(name: &str, trigger: bool) -> Source {
        Source {
            name: name.into(),
            trigger,
            ..Source::default()
        }
    }

    #[test]
    fn the_first_that_can_trigger_is_taken() {
        let sources = vec![source_that("line0", false), source_that("edu0", true)];
        assert_eq!(first_able(sources).unwrap().name, "edu0");
    }

    #[test]
    fn without_one_the_error_names_those_that_exist() {
        let error = first_able(vec![source_that("line0", false)]).unwrap_err();
        assert!(error.to_string().contains("(there are: line0)"), "{error}");
    }

    #[test]
    fn a_source_that_cannot_trigger_is_refused() {
        let error = able(source_that("line0", false)).unwrap_err();
        assert!(error.to_string().contains("line0 cannot raise"), "{error}");
    }
}
