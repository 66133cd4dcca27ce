//! Durations, sizes, numbers and CPU lists as people type them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The text is not what it should be; says what is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnitError(pub(crate) &'static str);

const DURATION: UnitError =
    UnitError("expected a number and a unit: 500ns, 200us, 1.5ms, 10s, 5m, 1h");
const SIZE: UnitError = UnitError("expected a number of bytes, or with a unit: 65536, 256K, 4M");
const WORD: UnitError = UnitError("expected a number, such as 36 or 0x24");
const CPUS: UnitError = UnitError("expected CPU numbers below 1024, such as 0,2-4");

/// Reads a duration: a number and one of `ns`, `us`, `ms`, `s`, `m`, `h`.
///
/// # Errors
/// Fails on anything else, and on more than 584 years.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let split = text
        .find(|c: char| c.is_ascii_alphabetic() || c == 'µ')
        .ok_or(DURATION)?;
    let (number, unit) = text.split_at(split);
    let unit: u128 = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(DURATION),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > 9 {
        return Err(DURATION);
    }
    let part = digits(fraction).ok_or(DURATION)? * unit / 10u128.pow(fraction.len() as u32);
    let nanoseconds = digits(whole).ok_or(DURATION)? * unit + part;
    u64::try_from(nanoseconds)
        .map(Duration::from_nanos)
        .map_err(|_| DURATION)
}

/// Reads a size in bytes: a number, with `K` (1024) or `M` behind it if wanted.
///
/// # Errors
/// Fails on anything else, and on 2 GiB or more.
pub fn parse_size(text: &str) -> Result<usize, UnitError> {
    let (number, unit) = match text.strip_suffix(['K', 'k']) {
        Some(number) => (number, 1 << 10),
        None => text
            .strip_suffix('M')
            .map_or((text, 1), |number| (number, 1 << 20)),
    };
    let bytes = digits(number).ok_or(SIZE)? * unit;
    i32::try_from(bytes)
        .map(|bytes| bytes as usize)
        .map_err(|_| SIZE)
}

/// Reads a number, decimal or, with `0x` before it, hexadecimal.
///
/// # Errors
/// Fails on anything else, and on what the word has no room for.
pub fn parse_word<W: TryFrom<u64>>(text: &str) -> Result<W, UnitError> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // The standard library would take a sign.
        Some(hex) if hex.starts_with('+') => None,
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits(text).and_then(|number| u64::try_from(number).ok()),
    };
    number
        .and_then(|number| W::try_from(number).ok())
        .ok_or(WORD)
}

/// Decimal digits and nothing else.
fn digits(text: &str) -> Option<u128> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<u64>().ok().map(u128::from)
}

/// Nanoseconds, shown with three to four digits: `950ns`, `12.3us`, `1.50ms`, `2.00s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nanoseconds(pub u64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            0..1_000 => return f.pad(&format!("{}ns", self.0)),
            1_000..1_000_000 => (self.0 as f64 / 1e3, "us"),
            1_000_000..1_000_000_000 => (self.0 as f64 / 1e6, "ms"),
            _ => (self.0 as f64 / 1e9, "s"),
        };
        let decimals = if value < 10.0 { 2 } else { 1 };
        f.pad(&format!("{value:.decimals$}{unit}"))
    }
}

/// A set of CPUs, ascending, without repetition; in the kernel's notation, `0,2-4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuList(Vec<usize>);

impl CpuList {
    /// CPUs that a set can hold, `CPU_SETSIZE`.
    pub const MAX: usize = 1024;

    /// A list of these CPUs.
    pub fn new(cpus: impl IntoIterator<Item = usize>) -> Self {
        let mut cpus: Vec<usize> = cpus.into_iter().collect();
        cpus.sort_unstable();
        cpus.dedup();
        CpuList(cpus)
    }

    /// The CPUs, ascending.
    pub fn cpus(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for CpuList {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut cpus = Vec::new();
        for range in text.trim_end().split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text| {
                digits(text)
                    .filter(|cpu| *cpu < Self::MAX as u128)
                    .ok_or(CPUS)
            };
            let (first, last) = (number(first)? as usize, number(last)? as usize);
            if first > last {
                return Err(CPUS);
            }
            cpus.extend(first..=last);
        }
        Ok(Self::new(cpus))
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.0.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
            [cpu] => cpu.to_string(),
            run => format!("{}-{}", run[0], run[run.len() - 1]),
        });
        f.pad(&runs.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations() {
        for (text, nanoseconds) in [
            ("0s", 0),
            ("500ns", 500),
            ("200us", 200_000),
            ("1.5ms", 1_500_000),
            ("10s", 10_000_000_000),
            ("5m", 300_000_000_000),
            ("1h", 3_600_000_000_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_nanos(nanoseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "10",
            "-1s",
            "+1s",
            "1 s",
            "1d",
            ".5s",
            "1.s",
            "1e3s",
            "999999999h",
        ] {
            assert_eq!(parse_duration(text), Err(DURATION), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65536),
            ("256K", 262_144),
            ("4M", 4_194_304),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "K", "4G", "-1", "1.5M", "2048M"] {
            assert_eq!(parse_size(text), Err(SIZE), "{text}");
        }
    }

    #[test]
    fn words() {
        for (text, word) in [("0", 0), ("36", 36), ("0x24", 36), ("0XfF", 255)] {
            assert_eq!(parse_word::<u32>(text), Ok(word), "{text}");
        }
        assert_eq!(parse_word::<u64>("0xffffffffffffffff"), Ok(u64::MAX));
        for text in ["", "0x", "-1", "+1", "0x+1", "4294967296", "ff", "1.5"] {
            assert_eq!(parse_word::<u32>(text), Err(WORD), "{text}");
        }
    }

    #[test]
    fn nanoseconds() {
        for (value, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_234, "1.23us"),
            (12_345, "12.3us"),
            (1_500_000, "1.50ms"),
            (u64::MAX, "18446744073.7s"),
        ] {
            assert_eq!(Nanoseconds(value).to_string(), text);
        }
    }

    #[test]
    fn cpu_lists() {
        let list: CpuList = "4,0,2-3,3".parse().unwrap();
        assert_eq!(list.cpus(), [0, 2, 3, 4]);
        assert_eq!(list.to_string(), "0,2-4");
        for text in ["", ",", "1-", "-1", "3-2", "1024", "a", "0,,1"] {
            assert_eq!(text.parse::<CpuList>(), Err(CPUS), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,12}") {
            let _ = parse_duration(&text);
            let _ = parse_size(&text);
            let _ = parse_word::<u64>(&text);
            let _ = text.parse::<CpuList>();
        }

        #[test]
        fn whole_durations_are_exact(value in 0u64..1_000_000, unit in 0usize..6) {
            let (name, size) = [
                ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
                ("m", 60_000_000_000), ("h", 3_600_000_000_000),
            ][unit];
            let parsed = parse_duration(&format!("{value}{name}")).unwrap();
            prop_assert_eq!(parsed, Duration::from_nanos(value * size));
        }

        #[test]
        fn cpu_lists_round_trip(cpus in prop::collection::vec(0..CpuList::MAX, 1..20)) {
            let list = CpuList::new(cpus);
            prop_assert_eq!(list.to_string().parse::<CpuList>(), Ok(list));
        }
    }
}
