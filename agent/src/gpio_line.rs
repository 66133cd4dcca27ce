//! Finds a GPIO line as people name it, and names it as the kernel module does.

use std::error::Error as _;
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// A line of a GPIO controller, as the kernel module finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpioLine {
    /// By its place.
    Offset {
        /// Label of the controller.
        chip: String,
        /// Offset of the line in its controller.
        offset: u32,
    },
    /// By its name.
    Name(String),
}

/// No line, or more than one, answers to what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// No controller has that name, number or label.
    #[error("there is no GPIO chip {chip}; {}", known_chips(known))]
    NoChip {
        /// What was asked for.
        chip: String,
        /// The controllers that exist.
        known: Vec<String>,
    },
    /// The controller has fewer lines.
    #[error("{chip} has no line {offset}: its lines are 0 to {last}")]
    OutOfRange {
        /// The controller.
        chip: String,
        /// Offset asked for.
        offset: u32,
        /// Its last line.
        last: u32,
    },
    /// No line has that name.
    #[error("no GPIO line is named {name}; see `gpioinfo`; for an offset say of which chip")]
    NoLine {
        /// Name asked for.
        name: String,
    },
    /// More than one line has that name.
    #[error("several GPIO lines are named {name}: {}; give the chip and the offset", places.join(", "))]
    SeveralLines {
        /// Name asked for.
        name: String,
        /// Where they are.
        places: Vec<String>,
    },
    /// A controller's file does not answer as one.
    #[error("cannot {doing}: {cause}")]
    Unreadable {
        /// What was being done.
        doing: String,
        /// What came of it.
        cause: String,
    },
    /// The kernel would take the first controller with that label.
    #[error("several GPIO chips have the label {label}, and the line has no name of its own")]
    SharedLabel {
        /// Label of the controllers.
        label: String,
    },
}

/// A controller, and the names of its lines.
#[derive(Clone, Debug)]
struct Chip {
    name: String,
    label: String,
    lines: Vec<Option<String>>,
}

impl GpioLine {
    /// Finds a line. `chip` is a controller's name (`gpiochip0`), number (`0`), path or label;
    /// `line` is an offset in it, or a name. Without a chip, a name is looked for in all.
    ///
    /// # Errors
    /// [`Error::Line`] if there is no such line, or more than one; else the system's.
    pub fn find(chip: Option<&str>, line: &str) -> Result<Self> {
        let chips = chips()?;
        let chip = match chip {
            Some(path) if path.starts_with('/') => Some(open(Path::new(path))?.name().to_owned()),
            chip => chip.map(str::to_owned),
        };
        Ok(find(&chips, chip.as_deref(), line)?)
    }
}

fn find(chips: &[Chip], chip: Option<&str>, line: &str) -> Result<GpioLine, LineError> {
    let searched: Vec<&Chip> = match chip {
        Some(chip) => vec![find_chip(chips, chip)?],
        None => chips.iter().collect(),
    };
    match (chip, line.parse()) {
        (Some(_), Ok(offset)) => at_offset(chips, searched[0], offset),
        _ => match with_name(&searched, line)[..] {
            [] => Err(LineError::NoLine {
                name: line.to_owned(),
            }),
            [(chip, offset)] => at_offset(chips, chip, offset),
            ref several => Err(LineError::SeveralLines {
                name: line.to_owned(),
                places: several
                    .iter()
                    .map(|(chip, offset)| format!("{} offset {offset}", chip.name))
                    .collect(),
            }),
        },
    }
}

fn find_chip<'a>(chips: &'a [Chip], wanted: &str) -> Result<&'a Chip, LineError> {
    let numbered = format!("gpiochip{wanted}");
    let named = |chip: &&Chip| chip.name == wanted || chip.name == numbered;
    let labelled = |chip: &&Chip| chip.label == wanted;
    let found = chips.iter().find(named);
    found
        .or_else(|| chips.iter().find(labelled))
        .ok_or_else(|| LineError::NoChip {
            chip: wanted.to_owned(),
            known: chips.iter().map(Chip::describe).collect(),
        })
}

/// Chip and offset of each line with that name.
fn with_name<'a>(chips: &[&'a Chip], name: &str) -> Vec<(&'a Chip, u32)> {
    let lines = chips
        .iter()
        .flat_map(|chip| (0..).zip(&chip.lines).map(|(at, line)| (*chip, at, line)));
    lines
        .filter(|(_, _, line)| line.as_deref() == Some(name))
        .map(|(chip, offset, _)| (chip, offset))
        .collect()
}

/// The kernel knows a controller by its label only, which need not be unique; then the line's
/// name will do if it is.
fn at_offset(chips: &[Chip], chip: &Chip, offset: u32) -> Result<GpioLine, LineError> {
    let Some(name) = chip.lines.get(offset as usize) else {
        return Err(LineError::OutOfRange {
            chip: chip.describe(),
            offset,
            last: (chip.lines.len() as u32).saturating_sub(1),
        });
    };
    if chips.iter().filter(|one| one.label == chip.label).count() == 1 {
        return Ok(GpioLine::Offset {
            chip: chip.label.clone(),
            offset,
        });
    }
    let all: Vec<&Chip> = chips.iter().collect();
    match name {
        Some(name) if with_name(&all, name).len() == 1 => Ok(GpioLine::Name(name.clone())),
        _ => Err(LineError::SharedLabel {
            label: chip.label.clone(),
        }),
    }
}

impl Chip {
    fn describe(&self) -> String {
        format!("{} [{}]", self.name, self.label)
    }
}

/// The controllers there are, each once: a board may have links to their files.
fn chips() -> Result<Vec<Chip>> {
    let mut chips: Vec<Chip> = Vec::new();
    for chip in gpio_cdev::chips().map_err(failed("list the GPIO chips"))? {
        let chip = chip.map_err(failed("open a GPIO chip"))?;
        if chips.iter().any(|known| known.name == chip.name()) {
            continue;
        }
        let mut lines = Vec::new();
        for line in chip.lines() {
            let info = line.info().map_err(failed("read a GPIO line's name"))?;
            lines.push(info.name().map(str::to_owned));
        }
        chips.push(Chip {
            name: chip.name().to_owned(),
            label: chip.label().to_owned(),
            lines,
        });
    }
    chips.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(chips)
}

fn open(path: &Path) -> Result<gpio_cdev::Chip> {
    gpio_cdev::Chip::new(path).map_err(failed(&format!("open {}", path.display())))
}

/// The crate's errors as ours: the system's by number, others by their words.
fn failed(doing: &str) -> impl Fn(gpio_cdev::Error) -> Error {
    move |error| {
        let cause = error.source();
        let system = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
        match system.and_then(io::Error::raw_os_error) {
            Some(number) => Error::io(doing)(io::Error::from_raw_os_error(number)),
            None => Error::Line(LineError::Unreadable {
                doing: doing.to_owned(),
                cause: error.to_string(),
            }),
        }
    }
}

fn known_chips(known: &[String]) -> String {
    match known {
        [] => "there is none, or its driver is not loaded".to_owned(),
        known => format!("there are: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests;
