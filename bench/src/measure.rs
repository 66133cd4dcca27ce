//! The two measures. They are never mixed: a row has one, and a table groups by it.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::instructions;

/// What a row's figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Executed instructions, where the clock counts them. A cost, not a latency.
    PathLength,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    Time,
}

/// The unit of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Of [`Measure::Time`].
    Ns,
    /// Of [`Measure::PathLength`].
    Instructions,
}

/// What the person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// Path length where the clock counts instructions, else time
    Auto,
    /// Nanoseconds
    Time,
    /// Guest instructions; only in a VM whose clock counts them
    PathLength,
}

impl Measure {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Time => "time",
            Measure::PathLength => "path length",
        }
    }

    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Measure::Time => Unit::Ns,
            Measure::PathLength => Unit::Instructions,
        }
    }

    /// What rates are counted in.
    pub fn rate(self) -> &'static str {
        match self {
            Measure::Time => "events/s",
            Measure::PathLength => "events in 10^9 instructions",
        }
    }

    /// Decimal digits that a histogram of it keeps. An instruction count repeats exactly, so it
    /// is kept exactly up to 32,767.
    pub fn digits(self) -> u8 {
        match self {
            Measure::Time => 3,
            Measure::PathLength => 4,
        }
    }
}

impl Unit {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Ns => "ns",
            Unit::Instructions => "instructions",
        }
    }
}

impl Choice {
    /// Settles the measure. Also tells whether the clock counts instructions.
    ///
    /// # Errors
    /// Path length was asked for and the clock does not count instructions.
    pub fn settle(self) -> Result<(Measure, bool)> {
        let check = instructions::check();
        let counts = check.is_ok();
        match (self, check) {
            (Choice::PathLength, Err(why)) => Err(Error::NoPathLength(why)),
            (Choice::Time, _) | (Choice::Auto, Err(_)) => Ok((Measure::Time, counts)),
            (Choice::PathLength | Choice::Auto, Ok(())) => Ok((Measure::PathLength, counts)),
        }
    }
}
