//! Parser of netlink messages and attributes. Borrows from the buffer, allocates nothing.
//!
//! Source: `linux/netlink.h`, `linux/genetlink.h`.

use super::{ALIGN, GENERIC_HEADER, HEADER};

/// The bytes do not form a netlink message or attribute; says what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed netlink message: {0}")]
pub struct Malformed(pub &'static str);

/// The messages of one datagram.
#[derive(Clone, Debug)]
pub struct Messages<'a>(&'a [u8]);

/// One message: `struct nlmsghdr` and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`: the family, or one of `NLMSG_ERROR`, `NLMSG_DONE`, ...
    pub kind: u16,
    /// `nlmsg_flags`: `NLM_F_*`.
    pub flags: u16,
    /// `nlmsg_seq`: that of the request; 0 if it answers none.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// A message of a generic netlink family: `struct genlmsghdr` and its attributes.
#[derive(Clone, Debug)]
pub struct Generic<'a> {
    /// Command, of the family.
    pub command: u8,
    /// Version of the family.
    pub version: u8,
    /// The attributes.
    pub attributes: Attributes<'a>,
}

/// A run of attributes.
#[derive(Clone, Debug)]
pub struct Attributes<'a>(&'a [u8]);

/// One attribute: `struct nlattr` and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// `nla_type`, without the flags for nesting and byte order.
    pub kind: u16,
    /// The value, without padding.
    pub value: &'a [u8],
}

impl<'a> Messages<'a> {
    /// The messages in a datagram.
    pub fn new(datagram: &'a [u8]) -> Self {
        Messages(datagram)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        if bytes.is_empty() {
            return None;
        }
        let Some(header) = bytes.first_chunk::<HEADER>() else {
            self.0 = &[];
            return Some(Err(Malformed("shorter than its header")));
        };
        let length = u32_at(header, 0) as usize;
        if length < HEADER || length > bytes.len() {
            self.0 = &[];
            return Some(Err(Malformed("length outside the datagram")));
        }
        self.0 = after(bytes, length);
        Some(Ok(Message {
            kind: u16_at(header, 4),
            flags: u16_at(header, 6),
            sequence: u32_at(header, 8),
            payload: &bytes[HEADER..length],
        }))
    }
}

impl<'a> Message<'a> {
    /// The message as one of a generic netlink family.
    ///
    /// # Errors
    /// Fails if it is shorter than `struct genlmsghdr`.
    #[inline]
    pub fn generic(&self) -> Result<Generic<'a>, Malformed> {
        if self.payload.len() < GENERIC_HEADER {
            return Err(Malformed("shorter than its generic netlink header"));
        }
        Ok(Generic {
            command: self.payload[0],
            version: self.payload[1],
            attributes: Attributes(&self.payload[GENERIC_HEADER..]),
        })
    }

    /// The outcome that an `NLMSG_ERROR` or `NLMSG_DONE` message tells: 0 or an errno, and the
    /// kernel's own words if it gave any (extended acknowledgement).
    ///
    /// # Errors
    /// Fails if the message is too short.
    pub fn outcome(&self) -> Result<(i32, Option<&'a str>), Malformed> {
        let Some(code) = self.payload.first_chunk::<4>() else {
            return Err(Malformed("acknowledgement without a code"));
        };
        let errno = i32::from_ne_bytes(*code).saturating_neg();
        Ok((errno, self.extended_text()))
    }

    /// `NLMSGERR_ATTR_MSG`; it stands after the code and, in an error, the request's header
    /// (and the whole request, unless `NLM_F_CAPPED` is set).
    fn extended_text(&self) -> Option<&'a str> {
        if i32::from(self.flags) & libc::NLM_F_ACK_TLVS == 0 {
            return None;
        }
        let rest = &self.payload[4..];
        let skip = if i32::from(self.kind) != libc::NLMSG_ERROR {
            0
        } else if i32::from(self.flags) & libc::NLM_F_CAPPED != 0 {
            HEADER
        } else {
            padded(u32_at(rest.first_chunk::<HEADER>()?, 0) as usize)
        };
        Attributes(rest.get(skip..)?)
            .flatten()
            .find(|attribute| attribute.kind == super::NLMSGERR_ATTR_MSG)?
            .string()
            .ok()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        if bytes.is_empty() {
            return None;
        }
        let Some(header) = bytes.first_chunk::<4>() else {
            self.0 = &[];
            return Some(Err(Malformed("attribute shorter than its header")));
        };
        let length = usize::from(u16_at(header, 0));
        if length < 4 || length > bytes.len() {
            self.0 = &[];
            return Some(Err(Malformed("attribute length outside the message")));
        }
        self.0 = after(bytes, length);
        Some(Ok(Attribute {
            kind: u16_at(header, 2) & super::NLA_TYPE_MASK,
            value: &bytes[4..length],
        }))
    }
}

impl<'a> Attribute<'a> {
    /// The value as a 16-bit word.
    ///
    /// # Errors
    /// Fails if it is not of that size; so do the others.
    pub fn u16(&self) -> Result<u16, Malformed> {
        self.array().map(u16::from_ne_bytes)
    }

    /// The value as a 32-bit word.
    ///
    /// # Errors
    /// See [`Attribute::u16`].
    pub fn u32(&self) -> Result<u32, Malformed> {
        self.array().map(u32::from_ne_bytes)
    }

    /// The value as a 64-bit word.
    ///
    /// # Errors
    /// See [`Attribute::u16`].
    pub fn u64(&self) -> Result<u64, Malformed> {
        self.array().map(u64::from_ne_bytes)
    }

    /// The value as text, up to its terminating zero.
    ///
    /// # Errors
    /// Fails if it is not UTF-8.
    pub fn string(&self) -> Result<&'a str, Malformed> {
        let text = self
            .value
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        std::str::from_utf8(text).map_err(|_| Malformed("attribute is not text"))
    }

    /// The value as a run of attributes.
    pub fn nested(&self) -> Attributes<'a> {
        Attributes(self.value)
    }

    fn array<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        self.value
            .try_into()
            .map_err(|_| Malformed("attribute of another size"))
    }
}

/// Bytes up to the next message or attribute.
pub(super) const fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGN)
}

/// What follows the first `length` bytes and their padding, which the last one may lack.
fn after(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(padded(length)..).unwrap_or_default()
}

fn u16_at<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
