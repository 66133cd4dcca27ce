//! Axes: from values to places in a drawing.

/// A logarithmic axis.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    min: f64,
    max: f64,
    from: f64,
    to: f64,
}

impl Log {
    /// Shows `min` to `max`, rounded to whole steps, between two places.
    pub fn new(min: f64, max: f64, from: f64, to: f64) -> Self {
        let min = min.max(1.0);
        let max = max.max(min);
        let below = STEPS.iter().rev().map(|step| step * decade(min));
        let above = STEPS.iter().map(|step| step * decade(max));
        let min = below.clone().find(|one| *one <= min).unwrap_or(min);
        let max = above.chain([10.0 * decade(max)]).find(|one| *one >= max);
        let max = max.unwrap_or(min).max(2.0 * min);
        Log { min, max, from, to }
    }

    /// The place of a value; that of an end for what lies outside.
    pub fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.min, self.max);
        let part = (value / self.min).ln() / (self.max / self.min).ln();
        self.from + part * (self.to - self.from)
    }

    /// Values to label, some five to ten.
    pub fn ticks(&self) -> Vec<f64> {
        let decades = (self.max / self.min).log10();
        let steps = match decades {
            0.0..1.2 => &STEPS[..],
            1.2..2.5 => &[1.0, 2.0, 5.0][..],
            _ => &[1.0][..],
        };
        let mut ticks = Vec::new();
        let mut decade = decade(self.min);
        while decade <= self.max {
            ticks.extend(steps.iter().map(|step| step * decade));
            decade *= 10.0;
        }
        ticks.retain(|tick| (self.min * 0.999..=self.max * 1.001).contains(tick));
        ticks
    }

    /// Ends of `count` parts that look equally long.
    pub fn parts(&self, count: usize) -> Vec<f64> {
        let ratio = self.max / self.min;
        let end = |part| match part == count {
            true => self.max,
            false => self.min * ratio.powf(part as f64 / count as f64),
        };
        (0..=count).map(end).collect()
    }
}

/// Where an axis may end, and be labelled, in each decade.
const STEPS: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 5.0, 7.0];

/// The power of ten at or below a value.
fn decade(value: f64) -> f64 {
    10f64.powf(value.log10().floor())
}

/// A linear axis that begins with 0.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    step: f64,
    max: f64,
    from: f64,
    to: f64,
}

impl Linear {
    /// Shows 0 to `max`, rounded to whole steps, between two places.
    pub fn new(max: f64, from: f64, to: f64) -> Self {
        let max = max.max(1.0);
        let rough = max / 5.0;
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade(rough));
        let step = steps.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough).max(1.0);
        Linear {
            step,
            max: (max / step).ceil() * step,
            from,
            to,
        }
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        self.from + value / self.max * (self.to - self.from)
    }

    /// Values to label.
    pub fn ticks(&self) -> Vec<f64> {
        let count = (self.max / self.step).round() as u32;
        (0..=count)
            .map(|tick| f64::from(tick) * self.step)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_shown_lies_between_the_ends(a in 1.0f64..1e10, b in 1.0f64..1e10) {
            let (min, max) = (a.min(b), a.max(b));
            let axis = Log::new(min, max, 40.0, 400.0);
            for value in [min, max] {
                let clamped = axis.at(value);
                let exact = 40.0 + 360.0 * (value / axis.min).ln() / (axis.max / axis.min).ln();
                prop_assert!((clamped - exact).abs() < 1e-6, "{axis:?} cuts {value}");
            }
            let ticks = axis.ticks();
            prop_assert!((2..=16).contains(&ticks.len()), "{axis:?}: {ticks:?}");
        }

        #[test]
        fn a_linear_axis_has_a_few_ticks(max in 0.0f64..1e10) {
            let axis = Linear::new(max, 0.0, 100.0);
            prop_assert!(axis.at(max) <= 100.0 + 1e-9);
            prop_assert!((2..=7).contains(&axis.ticks().len()), "{axis:?}");
        }
    }
}
