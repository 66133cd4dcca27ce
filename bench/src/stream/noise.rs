//! What the CPUs do when nothing happens.

use std::time::Duration;

use super::consumers::Consumers;
use super::soak::Soak;
use super::window::{Moment, sleep_until};
use crate::clock;
use crate::error::Result;
use crate::say::say;

/// How long the CPUs are watched at a time.
const SPAN: Duration = Duration::from_millis(50);
/// Spans in a row that must be alike.
const ALIKE: usize = 5;
/// Spans after which they are taken as they are.
const MOST: usize = 100;
/// Part of time that should be left to measure with.
const LEFT: f64 = 0.5;

/// What the CPUs do besides when nothing happens, as a part of time. Waits until that is steady, for at
/// most 5 s: a kernel that has just been booted still tests itself.
///
/// # Errors
/// The system's.
pub fn noise(soak: &Soak) -> Result<f64> {
    let nobody = Consumers::none();
    let mut parts = Vec::new();
    while parts.len() < MOST && !parts.last_chunk().is_some_and(is_steady) {
        let before = Moment::now(Some(soak), None, &nobody)?;
        sleep_until(clock::now() + SPAN.as_nanos() as u64)?;
        let span = Moment::now(Some(soak), None, &nobody)?.since(&before);
        parts.push(span.stolen as f64 / span.length.max(1) as f64);
    }
    let noise = median(parts.split_off(parts.len() - ALIKE));
    if noise > 1.0 - LEFT {
        say(format_args!(
            "other work takes {:.0} % of the CPUs: what an event costs can hardly be told from it",
            100.0 * noise
        ));
    }
    Ok(noise)
}

/// They leave time, and differ by little: less than 1 % of it, or than the least itself.
fn is_steady(parts: &[f64; ALIKE]) -> bool {
    let least = parts.iter().copied().fold(f64::MAX, f64::min);
    let most = parts.iter().copied().fold(0.0, f64::max);
    most <= 1.0 - LEFT && most - least < f64::max(0.01, least)
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn the_end_of_a_start_is_not_steady() {
        assert!(!is_steady(&[1.0, 1.0, 1.0, 1.0, 1.0]));
        assert!(!is_steady(&[1.0, 1.0, 0.5, 0.002, 0.001]));
        assert!(is_steady(&[0.002, 0.001, 0.004, 0.001, 0.002]));
        assert!(is_steady(&[0.1, 0.12, 0.09, 0.15, 0.11]));
    }
}
