//! How an event is written: a format with specifiers, in the manner of `gpiomon`.

use std::fmt::Write;
use std::str::FromStr;

use irqlink::abi::*;
use irqlink::units::Nanoseconds;

/// What each specifier stands for, as `irqlink watch --help` lists it.
pub const SPECIFIERS: &str = "\
Format specifiers:
  %n  name of the source
  %i  number of the source
  %s  sequence number, from 1, without holes
  %t  time of the interrupt, CLOCK_MONOTONIC, as seconds.nanoseconds
  %T  the same in nanoseconds
  %g  from the trigger to the interrupt, in nanoseconds; - if not known
  %l  from the interrupt to this program, as 12.3us
  %L  the same in nanoseconds
  %c  CPU that took the interrupt
  %x  the device's interrupt status word
  %p  payload, two words
  %e  edge of a line: 1 rising, 2 falling; 0 for none
  %E  the same in words; - for none
  %f  flags: thread (stamped in a thread), rising, falling, masked (until acknowledged),
      storm (masked for a while); - for none
  %F  the same after two spaces; nothing for none
  %%  a percent sign";

/// The format if none is given.
pub const DEFAULT: &str = "%t  %n  %s  cpu %c  status %x  +%l%F";

/// The letters above.
const LETTERS: &str = "nistTglLcxpeEfF";

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Specifier(char),
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = vec![Part::Text(String::new())];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let specifier = match c {
                '%' => chars
                    .next()
                    .ok_or("a % at the end; write %% for a percent sign")?,
                _ => c,
            };
            match (c, specifier) {
                ('%', _) if LETTERS.contains(specifier) => {
                    parts.push(Part::Specifier(specifier));
                }
                ('%', other) if other != '%' => {
                    return Err(format!(
                        "unknown specifier %{other}; --help lists those there are"
                    ));
                }
                (_, plain) => match parts.last_mut() {
                    Some(Part::Text(text)) => text.push(plain),
                    _ => parts.push(Part::Text(plain.to_string())),
                },
            }
        }
        Ok(Template(parts))
    }
}

impl Template {
    /// Writes a record's line. `now` is CLOCK_MONOTONIC in nanoseconds.
    pub fn write(&self, line: &mut String, record: &Record, name: &str, now: u64) {
        let latency = now.saturating_sub(record.time_ns);
        for part in &self.0 {
            let _ = match part {
                Part::Text(text) => line.write_str(text),
                Part::Specifier(specifier) => match specifier {
                    'n' => line.write_str(name),
                    'i' => write!(line, "{}", record.source),
                    's' => write!(line, "{}", record.seq),
                    't' => write!(line, "{}", seconds(record.time_ns)),
                    'T' => write!(line, "{}", record.time_ns),
                    'g' if record.trigger_ns == 0 => line.write_char('-'),
                    'g' => write!(line, "{}", record.time_ns.saturating_sub(record.trigger_ns)),
                    'l' => write!(line, "{}", Nanoseconds(latency)),
                    'L' => write!(line, "{latency}"),
                    'c' => write!(line, "{}", record.cpu),
                    'x' => write!(line, "{:#010x}", record.status),
                    'p' => write!(line, "{:#x} {:#x}", record.payload[0], record.payload[1]),
                    'e' => line.write_char(edge(record).map_or('0', |edge| edge.1)),
                    'E' => line.write_str(edge(record).map_or("-", |edge| edge.0)),
                    'F' => match flags(record.flags).as_slice() {
                        [] => Ok(()),
                        flags => write!(line, "  {}", flags.join(",")),
                    },
                    _ => match flags(record.flags).as_slice() {
                        [] => line.write_char('-'),
                        flags => line.write_str(&flags.join(",")),
                    },
                },
            };
        }
    }
}

/// Nanoseconds as seconds with nine decimals.
pub fn seconds(nanoseconds: u64) -> String {
    format!(
        "{}.{:09}",
        nanoseconds / 1_000_000_000,
        nanoseconds % 1_000_000_000
    )
}

/// Names of a record's flags.
pub fn flags(flags: u32) -> Vec<&'static str> {
    [
        (IRQLINK_RECORD_THREAD, "thread"),
        (IRQLINK_RECORD_RISING, "rising"),
        (IRQLINK_RECORD_FALLING, "falling"),
        (IRQLINK_RECORD_MASKED, "masked"),
        (IRQLINK_RECORD_STORM, "storm"),
    ]
    .into_iter()
    .filter(|(bit, _)| flags & bit != 0)
    .map(|(_, name)| name)
    .collect()
}

/// Name and number of the edge that a record tells of, as `gpiomon` has them.
fn edge(record: &Record) -> Option<(&'static str, char)> {
    if record.flags & IRQLINK_RECORD_RISING != 0 {
        Some(("rising", '1'))
    } else if record.flags & IRQLINK_RECORD_FALLING != 0 {
        Some(("falling", '2'))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: &str) -> String {
        line_of(format, IRQLINK_RECORD_RISING | IRQLINK_RECORD_THREAD)
    }

    fn line_of(format: &str, flags: u32) -> String {
        let record = Record {
            seq: 12,
            time_ns: 3_000_000_500,
            trigger_ns: 3_000_000_100,
            source: 2,
            cpu: 1,
            flags,
            status: 0x2a,
            payload: [1, 0xff],
            reserved: 0,
        };
        let mut line = String::new();
        format
            .parse::<Template>()
            .unwrap()
            .write(&mut line, &record, "edu0", 3_000_012_800);
        line
    }

    #[test]
    fn every_specifier_is_written() {
        assert_eq!(
            line("%n %i %s %t %T %g %l %L %c %x %p %e %E %f%F 100%%"),
            "edu0 2 12 3.000000500 3000000500 400 12.3us 12300 1 0x0000002a 0x1 0xff \
             1 rising thread,rising  thread,rising 100%"
        );
    }

    #[test]
    fn flags_and_their_absence_are_told() {
        let guarded = IRQLINK_RECORD_FALLING | IRQLINK_RECORD_MASKED | IRQLINK_RECORD_STORM;
        assert_eq!(
            line_of("%e %E %f", guarded),
            "2 falling falling,masked,storm"
        );
        assert_eq!(line_of("%e %E %f%F.", 0), "0 - -.");
    }

    #[test]
    fn the_default_is_valid_and_every_listed_specifier_is_known() {
        assert_eq!(
            line_of(DEFAULT, 0),
            "3.000000500  edu0  12  cpu 1  status 0x0000002a  +12.3us"
        );
        assert!(line(DEFAULT).ends_with("+12.3us  thread,rising"));
        let listed: Vec<_> = SPECIFIERS
            .lines()
            .filter_map(|line| line.strip_prefix("  %")?.chars().next())
            .filter(|letter| *letter != '%')
            .collect();
        let known: Vec<_> = LETTERS.chars().collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn an_unknown_specifier_is_refused() {
        assert!("%q".parse::<Template>().unwrap_err().contains("%q"));
        assert!("50%".parse::<Template>().unwrap_err().contains("%%"));
    }
}
