//! Distributions, and what a sample can tell of them.

use hdrhistogram::{Counter, Histogram};
use serde::{Deserialize, Serialize};

/// A distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Least.
    pub min: u64,
    /// Median.
    pub p50: u64,
    /// 90 % are at most this; and so on.
    pub p90: u64,
    /// 99 %.
    pub p99: u64,
    /// 99.9 %.
    pub p999: u64,
    /// 99.99 %; older reports lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p9999: Option<u64>,
    /// Greatest.
    pub max: u64,
}

impl Quantiles {
    /// Those of a histogram.
    pub fn of<C: Counter>(histogram: &Histogram<C>) -> Self {
        let at = |percentile: Percentile| histogram.value_at_quantile(percentile.quantile());
        Quantiles {
            min: histogram.min(),
            p50: at(Percentile::P50),
            p90: at(Percentile::P90),
            p99: at(Percentile::P99),
            p999: at(Percentile::P999),
            p9999: Some(at(Percentile::P9999)),
            max: histogram.max(),
        }
    }

    /// One of them; `None` in an older report.
    pub fn at(&self, percentile: Percentile) -> Option<u64> {
        match percentile {
            Percentile::P50 => Some(self.p50),
            Percentile::P90 => Some(self.p90),
            Percentile::P99 => Some(self.p99),
            Percentile::P999 => Some(self.p999),
            Percentile::P9999 => self.p9999,
        }
    }
}

/// A percentile of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Percentile {
    /// Median.
    P50,
    /// 90 %.
    P90,
    /// 99 %.
    P99,
    /// 99.9 %.
    P999,
    /// 99.99 %.
    P9999,
}

impl Percentile {
    /// All of them.
    pub const ALL: [Percentile; 5] = [
        Percentile::P50,
        Percentile::P90,
        Percentile::P99,
        Percentile::P999,
        Percentile::P9999,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Percentile::P50 => "p50",
            Percentile::P90 => "p90",
            Percentile::P99 => "p99",
            Percentile::P999 => "p99.9",
            Percentile::P9999 => "p99.99",
        }
    }

    /// The part of events that are at most this.
    pub fn quantile(self) -> f64 {
        match self {
            Percentile::P50 => 0.5,
            Percentile::P90 => 0.9,
            Percentile::P99 => 0.99,
            Percentile::P999 => 0.999,
            Percentile::P9999 => 0.9999,
        }
    }

    /// Whether a sample of `events` bounds it: with 95 % confidence at least one of them lies above.
    pub fn is_supported(self, events: u64) -> bool {
        const DOUBT: f64 = 0.05;
        self.quantile().powf(events as f64) <= DOUBT
    }

    /// Those that a sample of `events` does not bound.
    pub fn unsupported(events: u64) -> Vec<Percentile> {
        let all = Percentile::ALL.into_iter();
        all.filter(|one| !one.is_supported(events)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_histogram() {
        let mut histogram = Histogram::<u32>::new_with_bounds(1, 1_000_000, 4).unwrap();
        for value in 1..=10_000 {
            histogram.record(value).unwrap();
        }
        let expected = Quantiles {
            min: 1,
            p50: 5_000,
            p90: 9_000,
            p99: 9_900,
            p999: 9_990,
            p9999: Some(9_999),
            max: 10_000,
        };
        assert_eq!(Quantiles::of(&histogram), expected);
    }

    #[test]
    fn a_tail_takes_a_sample_that_reaches_it() {
        for (percentile, least) in [
            (Percentile::P50, 5),
            (Percentile::P90, 29),
            (Percentile::P99, 299),
            (Percentile::P999, 2_995),
            (Percentile::P9999, 29_956),
        ] {
            assert!(percentile.is_supported(least), "{percentile:?}");
            assert!(!percentile.is_supported(least - 1), "{percentile:?}");
        }
        assert_eq!(
            Percentile::unsupported(2_000),
            [Percentile::P999, Percentile::P9999]
        );
    }
}
