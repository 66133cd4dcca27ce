//! Generic netlink: messages, socket, family look-up.

mod builder;
mod family;
mod message;
mod socket;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use family::Family;
pub use message::{Attribute, Attributes, Generic, Malformed, Message, Messages};
pub use socket::Socket;

/// `NLMSG_ALIGNTO` and `NLA_ALIGNTO`.
const ALIGN: usize = 4;
/// Bytes of `struct nlmsghdr`.
const HEADER: usize = size_of::<libc::nlmsghdr>();
/// Bytes of `struct genlmsghdr`.
const GENERIC_HEADER: usize = size_of::<libc::genlmsghdr>();
/// Marks an attribute whose value is attributes.
const NLA_F_NESTED: u16 = libc::NLA_F_NESTED as u16;
/// Masks out `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const NLA_TYPE_MASK: u16 = libc::NLA_TYPE_MASK as u16;
/// Text of an extended acknowledgement (`linux/netlink.h`).
const NLMSGERR_ATTR_MSG: u16 = 1;
