//! Values as the `irqlink` command takes them.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use irqlink::Edges;
use irqlink::units::parse_duration;
use serde::{Deserialize, Deserializer, de::Error};

/// `200us`.
pub fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parsed(from, parse_duration)
}

/// The same, where there may be none.
pub fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

/// `rising`, `falling` or `both`.
pub fn edges<'de, D: Deserializer<'de>>(from: D) -> Result<Edges, D::Error> {
    parsed(from, Edges::from_str)
}

/// An offset or a name.
pub fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected the offset of a line, or its name in quotes"
    )]
    enum Line {
        Offset(u32),
        Name(String),
    }
    Ok(match Line::deserialize(from)? {
        Line::Offset(offset) => offset.to_string(),
        Line::Name(name) => name,
    })
}

fn parsed<'de, D: Deserializer<'de>, T, E: Display>(
    from: D,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(|e| D::Error::custom(format!("\"{text}\": {e}")))
}
