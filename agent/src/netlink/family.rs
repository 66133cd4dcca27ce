//! Look-up of a generic netlink family by its name.

use nix::errno::Errno;

use super::{Attributes, Builder, Malformed, Socket};
use crate::error::{Error, Result};

/// A generic netlink family as the running kernel has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Number of the family: `nlmsg_type` of its messages.
    pub id: u16,
    /// Version of the family.
    pub version: u32,
    groups: Vec<(String, u32)>,
}

impl Family {
    /// Asks the kernel (`CTRL_CMD_GETFAMILY`). `None` if no module offers the family.
    ///
    /// # Errors
    /// Those of [`Socket::request`].
    pub fn resolve(socket: &mut Socket, name: &str, buffer: &mut [u8]) -> Result<Option<Self>> {
        let request = Builder::new(
            libc::GENL_ID_CTRL as u16,
            libc::NLM_F_REQUEST,
            libc::CTRL_CMD_GETFAMILY as u8,
            1,
        )
        .string(libc::CTRL_ATTR_FAMILY_NAME as u16, name);
        let mut family = None;
        let outcome = socket.request(
            "look up the netlink family",
            request,
            buffer,
            |reply| {
                family = Some(Self::parse(reply.attributes)?);
                Ok(())
            },
            |_| {},
        );
        match outcome {
            Err(Error::Refused {
                errno: Errno::ENOENT,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
            Ok(()) => Ok(family),
        }
    }

    /// Number of a multicast group of the family.
    pub fn group(&self, name: &str) -> Option<u32> {
        self.groups
            .iter()
            .find(|group| group.0 == name)
            .map(|group| group.1)
    }

    pub(super) fn parse(attributes: Attributes<'_>) -> Result<Self, Malformed> {
        let mut family = Family {
            id: 0,
            version: 0,
            groups: Vec::new(),
        };
        for attribute in attributes {
            let attribute = attribute?;
            match i32::from(attribute.kind) {
                libc::CTRL_ATTR_FAMILY_ID => family.id = attribute.u16()?,
                libc::CTRL_ATTR_VERSION => family.version = attribute.u32()?,
                libc::CTRL_ATTR_MCAST_GROUPS => {
                    for group in attribute.nested() {
                        family.groups.push(parse_group(group?.nested())?);
                    }
                }
                _ => {}
            }
        }
        Ok(family)
    }
}

fn parse_group(attributes: Attributes<'_>) -> Result<(String, u32), Malformed> {
    let mut group = (String::new(), 0);
    for attribute in attributes {
        let attribute = attribute?;
        match i32::from(attribute.kind) {
            libc::CTRL_ATTR_MCAST_GRP_NAME => group.0 = attribute.string()?.to_owned(),
            libc::CTRL_ATTR_MCAST_GRP_ID => group.1 = attribute.u32()?,
            _ => {}
        }
    }
    Ok(group)
}
