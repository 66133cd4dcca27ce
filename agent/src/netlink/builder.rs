//! Builder of generic netlink requests.

use super::message::padded;
use super::{ALIGN, HEADER, NLA_F_NESTED};

/// A request under construction.
#[derive(Clone, Debug)]
pub struct Builder(Vec<u8>);

impl Builder {
    /// A request to `family` (`nlmsg_type`) for `command`; `flags` are `NLM_F_*`.
    pub fn new(family: u16, flags: i32, command: u8, version: u8) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&0u32.to_ne_bytes());
        bytes.extend_from_slice(&family.to_ne_bytes());
        bytes.extend_from_slice(&(flags as u16).to_ne_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend_from_slice(&[command, version, 0, 0]);
        Builder(bytes)
    }

    /// Adds an attribute.
    ///
    /// # Panics
    /// Panics if the value is longer than an attribute can be (65,531 bytes).
    #[must_use]
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len() + 4).expect("attribute of at most 65,531 bytes");
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(padded(self.0.len()), 0);
        self
    }

    /// Adds a 32-bit word.
    #[must_use]
    pub fn u32(self, kind: u16, value: u32) -> Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Adds a 64-bit word.
    #[must_use]
    pub fn u64(self, kind: u16, value: u64) -> Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Adds a 32-bit word if there is one.
    #[must_use]
    pub fn u32_if_some(self, kind: u16, value: Option<u32>) -> Self {
        match value {
            Some(value) => self.u32(kind, value),
            None => self,
        }
    }

    /// Adds text with its terminating zero.
    #[must_use]
    pub fn string(self, kind: u16, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.attribute(kind, &bytes)
    }

    /// Adds an attribute whose value is the attributes that `fill` adds (`NLA_F_NESTED`).
    ///
    /// # Panics
    /// As [`Builder::attribute`].
    #[must_use]
    pub fn nested(mut self, kind: u16, fill: impl FnOnce(Self) -> Self) -> Self {
        let start = self.0.len();
        self = fill(self.attribute(kind | NLA_F_NESTED, &[]));
        let length =
            u16::try_from(self.0.len() - start).expect("attribute of at most 65,531 bytes");
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self
    }

    /// Whether the first message that answers it is all: it asks for no acknowledgement, and
    /// not for a list.
    pub(super) fn wants_one_reply(&self) -> bool {
        let flags = i32::from(u16::from_ne_bytes([self.0[6], self.0[7]]));
        flags & (libc::NLM_F_ACK | libc::NLM_F_DUMP) == 0
    }

    /// The finished message, with its sequence number (`nlmsg_seq`).
    pub fn finish(mut self, sequence: u32) -> Vec<u8> {
        debug_assert_eq!(self.0.len() % ALIGN, 0);
        let length = self.0.len() as u32;
        self.0[0..4].copy_from_slice(&length.to_ne_bytes());
        self.0[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.0
    }
}
