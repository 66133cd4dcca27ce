//! Figures as people read them.

use crate::measure::Measure;

/// How the figures of one measure are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Unit of what is shown.
    pub unit: &'static str,
    divisor: u64,
}

impl Scale {
    /// The unit in which `typical` is easy to read.
    pub fn of(measure: Measure, typical: u64) -> Self {
        let (unit, divisor) = match (measure, typical) {
            (Measure::PathLength, _) => ("instructions", 1),
            (Measure::Time, 0..1_000) => ("ns", 1),
            (Measure::Time, 1_000..10_000_000) => ("us", 1_000),
            (Measure::Time, _) => ("ms", 1_000_000),
        };
        Scale { unit, divisor }
    }

    /// The unit in which the least of them is easy to read.
    pub fn of_least(measure: Measure, values: impl Iterator<Item = f64>) -> Self {
        let least = values.fold(f64::INFINITY, f64::min);
        let least = if least.is_finite() { least } else { 0.0 };
        Self::of(measure, least as u64)
    }

    /// A label of an axis, as short as it can be.
    pub fn tick(&self, value: f64) -> String {
        let value = value / self.divisor as f64;
        match value < 10.0 && value.fract() > 0.01 {
            true => format!("{value:.1}"),
            false => grouped(value.round() as u64),
        }
    }

    /// A figure in that unit, without it.
    pub fn show(&self, value: u64) -> String {
        match self.divisor {
            1 => grouped(value),
            divisor => format!("{:.1}", value as f64 / divisor as f64),
        }
    }
}

/// With a comma between thousands.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With three digits and a letter for the thousands.
pub fn short(value: f64) -> String {
    let (value, letter) = match value {
        0.0..1e3 => (value, ""),
        1e3..1e6 => (value / 1e3, " k"),
        1e6..1e9 => (value / 1e6, " M"),
        _ => (value / 1e9, " G"),
    };
    let decimals = match value {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}{letter}")
}

/// How many times the best it is, such as `1.56x`.
pub fn relative(value: u64, best: u64) -> String {
    format!("{:.2}x", value as f64 / best.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_fit_the_figures() {
        for (measure, value, text) in [
            (Measure::PathLength, 1_234_567, "1,234,567"),
            (Measure::Time, 950, "950"),
            (Measure::Time, 12_345, "12.3"),
            (Measure::Time, 12_345_678, "12.3"),
        ] {
            assert_eq!(Scale::of(measure, value).show(value), text);
        }
    }

    #[test]
    fn thousands_have_letters() {
        for (value, text) in [
            (950.0, "950"),
            (64_000.0, "64.0 k"),
            (1_234_567.0, "1.23 M"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    proptest! {
        #[test]
        fn commas_change_no_digit(value: u64) {
            let text = grouped(value);
            prop_assert_eq!(text.replace(',', ""), value.to_string());
            prop_assert!(text.rsplit(',').skip(1).all(|group| group.len() <= 3));
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
        }
    }
}
