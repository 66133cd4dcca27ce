//! What figures rest on. Those of different bases are never compared.

use super::{Burst, Report, Row, Throughput};
use crate::environment::{Accel, executed_by};
use crate::measure::Measure;

/// What is measured, and what executed the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// What is measured.
    pub measure: Measure,
    /// What executed the instructions.
    pub accel: Accel,
}

impl Basis {
    /// They are times, of an emulated CPU or of a real one.
    pub fn is_time(self, emulated: bool) -> bool {
        self.measure == Measure::Time && self.accel.is_emulated() == emulated
    }

    /// What tells the most comes first: times of hardware, then path lengths.
    pub fn rank(self) -> u8 {
        match self.measure {
            Measure::Time if !self.accel.is_emulated() => 0,
            Measure::PathLength => 1,
            Measure::Time => 2,
        }
    }

    /// Its place among others.
    pub fn order(self) -> (Measure, u8) {
        (self.measure, self.accel as u8)
    }

    /// What tells it from another one for the same measure, if `all` has one: words that follow a name.
    pub fn apart(self, all: &[Basis]) -> String {
        let other = |one: &Basis| one.measure == self.measure && one.accel != self.accel;
        match all.iter().any(other) {
            true => format!(", executed by {}", executed_by(self.accel)),
            false => String::new(),
        }
    }
}

/// What the times and path lengths of a report are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// They are of hardware.
    Hardware,
    /// Times are of hardware; path lengths were counted on an emulated CPU.
    ExactBeside,
    /// Some times are of hardware, some of an emulated CPU.
    Mixed,
    /// An emulated CPU: no time is of hardware.
    Emulated,
}

impl Worth {
    /// That of a report.
    pub fn of(report: &Report) -> Self {
        let all = report.bases();
        let has_time = |emulated| all.iter().any(|one| one.is_time(emulated));
        let is_exact = |one: &Basis| one.measure == Measure::PathLength && one.accel.is_emulated();
        let has_length = || all.iter().any(is_exact);
        let is_emulated = || report.environments().iter().any(|run| run.emulated);
        match (has_time(false), has_time(true)) {
            (true, true) => Worth::Mixed,
            (true, false) if has_length() => Worth::ExactBeside,
            (false, _) if is_emulated() => Worth::Emulated,
            _ => Worth::Hardware,
        }
    }
}

impl Report {
    /// What its figures rest on, once for each row, burst and rate.
    pub fn bases(&self) -> Vec<Basis> {
        let rows = self.results.iter().map(Row::basis);
        let bursts = self.bursts.iter().map(Burst::basis);
        let rates = self.throughput.iter().map(Throughput::basis);
        rows.chain(bursts).chain(rates).collect()
    }
}
