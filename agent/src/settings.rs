//! What can be set about a source.

use std::time::Duration;

use crate::abi::*;
use crate::netlink::Builder;
use crate::source::{Delivery, Mode};

/// Changes of a source; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where deliveries run.
    pub delivery: Option<Delivery>,
    /// What becomes of the interrupt after it was taken.
    pub mode: Option<Mode>,
    /// Interrupts a second, above which the source is masked for a while; 0 for no limit.
    pub storm_limit: Option<u32>,
    /// How long it is masked then; from 1 ms to 60 s, in whole milliseconds, rounded up.
    pub storm_pause: Option<Duration>,
}

impl Settings {
    pub(crate) fn put(self, request: Builder) -> Builder {
        let pause = self.storm_pause.map(|pause| {
            let milliseconds = pause.as_nanos().div_ceil(1_000_000);
            u32::try_from(milliseconds).unwrap_or(u32::MAX)
        });
        request
            .u32_if_some(
                IRQLINK_A_SOURCE_DELIVERY,
                self.delivery.map(Delivery::number),
            )
            .u32_if_some(IRQLINK_A_SOURCE_MODE, self.mode.map(Mode::number))
            .u32_if_some(IRQLINK_A_SOURCE_STORM_LIMIT, self.storm_limit)
            .u32_if_some(IRQLINK_A_SOURCE_STORM_PAUSE, pause)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::attributes;

    use super::*;

    #[test]
    fn only_what_is_set_is_sent() {
        assert_eq!(
            attributes(|request| Settings::default().put(request)),
            Vec::<(u16, Vec<u8>)>::new()
        );
        let settings = Settings {
            mode: Some(Mode::UntilAck),
            storm_limit: Some(0),
            storm_pause: Some(Duration::from_micros(1_001)),
            ..Settings::default()
        };
        assert_eq!(
            attributes(|request| settings.put(request)),
            [
                (IRQLINK_A_SOURCE_MODE, 1u32.to_ne_bytes().to_vec()),
                (IRQLINK_A_SOURCE_STORM_LIMIT, 0u32.to_ne_bytes().to_vec()),
                (IRQLINK_A_SOURCE_STORM_PAUSE, 2u32.to_ne_bytes().to_vec()),
            ]
        );
    }
}
