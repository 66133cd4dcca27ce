//! A histogram as text: HdrHistogram's V2 encoding, compressed, in base64, as the interval logs of
//! that family have it. Any of its libraries reads it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use hdrhistogram::{Counter, Histogram};

/// The text.
pub fn encode<C: Counter>(histogram: &Histogram<C>) -> String {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .expect("a histogram of at most 2^63 can be written to memory");
    BASE64_STANDARD.encode(bytes)
}

/// The histogram; `None` if the text is none.
pub fn decode(text: &str) -> Option<Histogram<u64>> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Deserializer::new().deserialize(&mut bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(values in prop::collection::vec(1u64..2_000_000_000, 0..200)) {
            let mut histogram = Histogram::<u32>::new_with_bounds(1, 2_000_000_000, 3).unwrap();
            for value in values {
                histogram.record(value).unwrap();
            }
            let decoded = decode(&encode(&histogram)).unwrap();
            prop_assert_eq!(decoded.len(), histogram.len());
            for value in histogram.iter_recorded().map(|step| step.value_iterated_to()) {
                prop_assert_eq!(u64::from(histogram.count_at(value)), decoded.count_at(value));
            }
        }

        #[test]
        fn other_text_is_refused(text: String) {
            prop_assert!(decode(&text).is_none());
        }
    }
}
