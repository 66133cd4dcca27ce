//! Which paths are measured, and why others are not.

use irqlink::Source;
use serde::{Deserialize, Serialize};

use super::{ALL, Path};
use crate::error::{Error, Result};
use crate::say::say;

/// What is measured.
#[derive(Debug)]
pub struct Choice {
    /// These.
    pub paths: Vec<&'static dyn Path>,
    /// Those that are not to be had here.
    pub skipped: Vec<Skipped>,
}

/// A path that is not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its name.
    pub path: String,
    /// Why not, in words.
    pub why: String,
}

impl Choice {
    /// Of the paths asked for, or of all if none was, those that are to be had with the source; if its
    /// interrupts come from outside, those that do not raise their own.
    ///
    /// # Errors
    /// [`Error::NotHere`] if none is.
    pub fn make(asked: &[&'static dyn Path], source: &Source, listens: bool) -> Result<Self> {
        let all = if asked.is_empty() { ALL } else { asked };
        let mut choice = Choice {
            paths: Vec::new(),
            skipped: Vec::new(),
        };
        for path in all {
            match missing(*path, source, listens) {
                None => choice.paths.push(*path),
                Some(why) => choice.skipped.push(Skipped {
                    path: path.name().into(),
                    why,
                }),
            }
        }
        match choice.paths[..] {
            [] => Err(Error::NotHere {
                path: all[0].name(),
                why: choice.skipped.remove(0).why,
            }),
            _ => Ok(choice),
        }
    }

    /// Says which are left out, and why.
    pub fn say_skipped(&self) {
        self.skipped.iter().for_each(Skipped::say);
    }
}

/// Why a path is not to be had with a source, whose interrupts may have to come from outside.
pub fn missing(path: &dyn Path, source: &Source, listens: bool) -> Option<String> {
    let raises = listens && path.own().is_none();
    let why = || "its interrupts cannot come from outside".to_owned();
    path.missing(source).or_else(|| raises.then(why))
}

impl Skipped {
    /// Says it.
    pub fn say(&self) {
        say(format_args!("skipped {}: {}", self.path, self.why));
    }
}

#[cfg(test)]
mod tests {
    use irqlink::Delivery;

    use super::*;
    use crate::error::NOT_HERE;
    use crate::path::named;

    fn source() -> Source {
        Source {
            name: "edu0".into(),
            ..Source::default()
        }
    }

    #[test]
    fn what_is_not_to_be_had_is_skipped_with_its_reason() {
        let asked = [named("gpio-cdev").unwrap(), named("read").unwrap()];
        let choice = Choice::make(&asked, &source(), false).unwrap();
        assert_eq!(choice.paths.len(), 1);
        let skipped = Skipped {
            path: "gpio-cdev".into(),
            why: "the source is no line of gpio-sim".into(),
        };
        assert_eq!(choice.skipped, [skipped]);
    }

    #[test]
    fn a_path_that_raises_its_own_interrupts_cannot_wait_for_others() {
        let error = Choice::make(&[named("gpio-cdev").unwrap()], &source(), true).unwrap_err();
        assert_eq!(error.code(), NOT_HERE);
        let own = [named("netlink").unwrap()];
        assert_eq!(Choice::make(&own, &source(), true).unwrap().paths.len(), 1);
    }

    #[test]
    fn a_path_that_sets_the_source_listens_unless_it_is_set_already() {
        let asked = [named("netlink-thread").unwrap()];
        assert!(Choice::make(&asked, &source(), true).is_ok());
        let set = Source {
            delivery: Delivery::Thread,
            ..source()
        };
        let error = Choice::make(&asked, &set, true).unwrap_err();
        assert!(
            error.to_string().contains("so it is the path netlink"),
            "{error}"
        );
    }

    #[test]
    fn if_nothing_is_left_that_is_an_error() {
        let asked = [named("gpio-cdev").unwrap()];
        let error = Choice::make(&asked, &source(), false).unwrap_err();
        assert_eq!(error.code(), NOT_HERE);
        assert!(error.to_string().starts_with("gpio-cdev is not to be had"));
    }
}
