//! One report of several runs, such as one for time and one for path length.

use super::{Basis, Burst, Report, Row, Stopped, Throughput};
use crate::environment::Environment;
use crate::error::{Error, Result};

/// Merges the reports of runs on the same kernel. The environment is that of the first.
///
/// # Errors
/// [`Error::Unlike`] for runs of different kernels, and for the same row twice.
pub fn merge(reports: Vec<Report>) -> Result<Report> {
    let mut reports = reports.into_iter();
    let Some(mut merged) = reports.next() else {
        return Err(Error::Unlike("there is none".into()));
    };
    for report in reports {
        add(&mut merged, report)?;
    }
    Ok(merged)
}

fn add(merged: &mut Report, report: Report) -> Result<()> {
    for a in merged.environments() {
        report.environments().iter().try_for_each(|b| like(a, b))?;
    }
    if merged.runs.is_empty() {
        merged.runs.push(merged.environment.clone());
    }
    let first = merged.runs.len();
    append(&mut merged.results, report.results, first)?;
    append(&mut merged.bursts, report.bursts, first)?;
    append(&mut merged.throughput, report.throughput, first)?;
    match report.runs.is_empty() {
        true => merged.runs.push(report.environment),
        false => merged.runs.extend(report.runs),
    }
    merged.partial |= report.partial;
    merged
        .stopped
        .extend(report.stopped.into_iter().map(|one| Stopped {
            run: one.run + first,
            ..one
        }));
    let mut skipped = report.skipped;
    skipped.retain(|path| !merged.skipped.contains(path));
    merged.skipped.extend(skipped);
    Ok(())
}

/// Part of a report of which none has two that are the same.
trait Part {
    /// What its figures rest on.
    fn basis(&self) -> Basis;

    /// What makes it another one than another, in words.
    fn what(&self) -> String;

    /// Number of the run.
    fn run(&mut self) -> &mut usize;
}

impl Part for Row {
    fn basis(&self) -> Basis {
        Row::basis(self)
    }

    fn what(&self) -> String {
        let consumers = match self.consumers {
            Some(consumers) => format!(" for {consumers} agents"),
            None => String::new(),
        };
        format!(
            "{} of {}{consumers} on {}, load {}",
            self.measure.name(),
            self.path,
            self.source,
            self.load.name()
        )
    }

    fn run(&mut self) -> &mut usize {
        &mut self.run
    }
}

impl Part for Burst {
    fn basis(&self) -> Basis {
        Burst::basis(self)
    }

    fn what(&self) -> String {
        format!(
            "{} of {} in bursts of {}",
            self.measure.name(),
            self.path,
            self.length
        )
    }

    fn run(&mut self) -> &mut usize {
        &mut self.run
    }
}

impl Part for Throughput {
    fn basis(&self) -> Basis {
        Throughput::basis(self)
    }

    fn what(&self) -> String {
        let batch = match self.batch {
            Some(batch) => format!(", {batch} at a time"),
            None => String::new(),
        };
        format!(
            "rates of {} for {} consumers{batch} ({})",
            self.path,
            self.consumers,
            self.unit.name()
        )
    }

    fn run(&mut self) -> &mut usize {
        &mut self.run
    }
}

fn append<P: Part>(to: &mut Vec<P>, parts: Vec<P>, first: usize) -> Result<()> {
    for mut part in parts {
        let what = part.what();
        let same = |other: &P| other.basis() == part.basis() && other.what() == what;
        if to.iter().any(same) {
            return Err(Error::Unlike(format!(
                "two of them have the {what}; leave one out"
            )));
        }
        *part.run() += first;
        to.push(part);
    }
    Ok(())
}

/// Their rows may stand in one report. An emulated CPU may stand beside a real one.
fn like(a: &Environment, b: &Environment) -> Result<()> {
    let is_one_cpu = a.cpu == b.cpu || a.accel != b.accel;
    for (what, a, b, is_alike) in [
        ("kernel", &a.kernel, &b.kernel, a.kernel == b.kernel),
        (
            "kernel version",
            &a.kernel_version,
            &b.kernel_version,
            a.kernel_version == b.kernel_version,
        ),
        ("architecture", &a.arch, &b.arch, a.arch == b.arch),
        ("CPU", &a.cpu, &b.cpu, is_one_cpu),
    ] {
        if !is_alike {
            return Err(Error::Unlike(format!(
                "they are of different machines: {what} {a}, and {b}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;
    use crate::environment::Accel;
    use crate::environment::tests::environment;
    use crate::measure::Measure;

    fn report(measure: Measure) -> Report {
        let rows = vec![row("netlink", measure, 8_000), row("read", measure, 5_000)];
        Report::new(environment(), rows, false)
    }

    #[test]
    fn rows_of_unlike_measures_stand_side_by_side() {
        let mut exact = report(Measure::PathLength);
        exact.environment.instruction_clock = true;
        let merged = merge(vec![report(Measure::Time), exact.clone()]).unwrap();
        assert_eq!(merged.results.len(), 4);
        assert_eq!(merged.results[3].run, 1);
        assert_eq!(merged.runs, [environment(), exact.environment]);
        assert_eq!(merged.environment, environment());
    }

    #[test]
    fn one_report_stays_as_it_is() {
        let report = report(Measure::Time);
        assert_eq!(merge(vec![report.clone()]).unwrap(), report);
    }

    #[test]
    fn a_partial_run_makes_the_whole_partial() {
        let mut second = report(Measure::PathLength);
        second.partial = true;
        assert!(merge(vec![report(Measure::Time), second]).unwrap().partial);
    }

    #[test]
    fn what_ended_each_run_is_kept() {
        let stopped = |measure, seq| Report {
            stopped: vec![super::super::tests::stopped(seq)],
            ..report(measure)
        };
        let merged = merge(vec![
            stopped(Measure::Time, 7),
            stopped(Measure::PathLength, 9),
        ]);
        let merged = merged.unwrap();
        let all = merged.stopped.iter();
        let all: Vec<_> = all
            .map(|one| (one.run, one.events[0].seq, merged.measure_of(one)))
            .collect();
        assert_eq!(all, [(0, 7, Measure::Time), (1, 9, Measure::PathLength)]);
    }

    #[test]
    fn runs_of_different_kernels_are_refused() {
        let mut other = report(Measure::PathLength);
        other.environment.kernel = "6.1.0".into();
        let error = merge(vec![report(Measure::Time), other]).unwrap_err();
        assert!(error.to_string().contains("kernel 6.12"), "{error}");
    }

    #[test]
    fn one_accelerator_means_one_cpu() {
        let mut other = report(Measure::PathLength);
        other.environment.cpu = "Cortex-A76".into();
        let error = merge(vec![report(Measure::Time), other.clone()]).unwrap_err();
        assert!(error.to_string().contains("CPU QEMU TCG"), "{error}");
        other.environment.accel = Accel::None;
        other.results = report(Measure::Time).results;
        other
            .results
            .iter_mut()
            .for_each(|row| row.accel = Accel::None);
        let merged = merge(vec![report(Measure::Time), other]).unwrap();
        assert_eq!(merged.results.len(), 4);
    }

    #[test]
    fn the_same_row_twice_is_refused() {
        let error = merge(vec![report(Measure::Time), report(Measure::Time)]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("two of them have the time of netlink on edu0, load idle"),
            "{error}"
        );
    }
}
