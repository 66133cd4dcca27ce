//! The state of a source's guard, in words.

use irqlink::Source;
use irqlink::units::Nanoseconds;

/// Mode, limit, storms so far, and whether the source is masked now.
pub fn guard(source: &Source) -> String {
    let mut words = source.mode.to_string();
    if source.storm_limit != 0 {
        let pause = Nanoseconds(u64::from(source.storm_pause_ms) * 1_000_000);
        words += &format!(", at most {}/s or pause {pause}", source.storm_limit);
    }
    match source.storms {
        0 => {}
        1 => words += ", 1 storm",
        storms => words += &format!(", {storms} storms"),
    }
    if source.masked {
        words += ", masked now";
    }
    words
}

#[cfg(test)]
mod tests {
    use irqlink::Mode;

    use super::*;

    #[test]
    fn only_what_there_is_to_say() {
        let mut source = Source::default();
        assert_eq!(guard(&source), "free");
        source.mode = Mode::UntilAck;
        source.masked = true;
        assert_eq!(guard(&source), "until-ack, masked now");
        source.storm_limit = 1_000;
        source.storm_pause_ms = 100;
        source.storms = 2;
        assert_eq!(
            guard(&source),
            "until-ack, at most 1000/s or pause 100.0ms, 2 storms, masked now"
        );
    }
}
