//! Parser, builder and socket.

use nix::errno::Errno;
use nix::sys::socket::SockProtocol;
use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::testing::send;

/// Looks at everything that a parser can give.
fn visit(datagram: &[u8]) {
    for message in Messages::new(datagram).flatten() {
        let _ = message.outcome();
        for attribute in message
            .generic()
            .into_iter()
            .flat_map(|generic| generic.attributes)
        {
            let Ok(attribute) = attribute else { continue };
            let _ = (
                attribute.u16(),
                attribute.u32(),
                attribute.u64(),
                attribute.string(),
            );
            attribute.nested().for_each(drop);
        }
    }
}

/// An acknowledgement (`NLMSG_ERROR`): code, the request it answers, and attributes.
fn acknowledgement(code: i32, flags: i32, request: &[u8], attributes: &[u8]) -> Vec<u8> {
    let body = [&code.to_ne_bytes(), request, attributes].concat();
    let mut message = Builder::new(libc::NLMSG_ERROR as u16, flags, 0, 0).finish(7);
    message.truncate(HEADER);
    message.extend_from_slice(&body);
    let length = message.len() as u32;
    message[..4].copy_from_slice(&length.to_ne_bytes());
    message
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        visit(&bytes);
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        at in 0usize..44, byte in any::<u8>(), cut in 0usize..44,
    ) {
        let mut bytes = Builder::new(20, 0, 1, 1).u64(1, 2).string(2, "text").u32(3, 4).finish(5);
        bytes[at] = byte;
        visit(&bytes);
        visit(&bytes[..cut]);
    }

    #[test]
    fn what_is_built_is_read(
        family in 16u16.., command in any::<u8>(), version in any::<u8>(), sequence in any::<u32>(),
        values in prop::collection::vec((0u16..0x3fff, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
    ) {
        let mut builder = Builder::new(family, libc::NLM_F_REQUEST, command, version);
        for (kind, value) in &values {
            builder = builder.attribute(*kind, value);
        }
        let bytes = builder.finish(sequence);
        let messages: Vec<_> = Messages::new(&bytes).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(messages.len(), 1);
        prop_assert_eq!((messages[0].kind, messages[0].sequence), (family, sequence));
        let generic = messages[0].generic().unwrap();
        prop_assert_eq!((generic.command, generic.version), (command, version));
        let read: Vec<_> = generic.attributes
            .map(|attribute| attribute.map(|a| (a.kind, a.value.to_vec())))
            .collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read, values);
    }
}

#[test]
fn attributes_in_attributes_are_marked_and_read_again() {
    let bytes = Builder::new(20, 0, 1, 1)
        .nested(7, |sim| {
            sim.u64(1, 2)
                .nested(3, |inner| inner.string(4, "abcd"))
                .u32(5, 6)
        })
        .nested(8, |empty| empty)
        .u32(9, 10)
        .finish(1);
    // nla_type of the first attribute, as the kernel's strict validation wants it.
    let kind = [bytes[22], bytes[23]];
    assert_eq!(
        u16::from_ne_bytes(kind),
        7 | libc::NLA_F_NESTED as u16,
        "not marked as nested"
    );

    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let read = |attributes: Attributes<'_>| -> Vec<_> {
        attributes
            .map(|attribute| attribute.map(|a| (a.kind, a.value.to_vec())).unwrap())
            .collect()
    };
    let outer: Vec<_> = message.generic().unwrap().attributes.flatten().collect();
    assert_eq!(
        outer.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [7, 8, 9]
    );
    let inner: Vec<_> = outer[0].nested().flatten().collect();
    assert_eq!(
        (inner[0].u64(), inner[2].u32(), inner.len()),
        (Ok(2), Ok(6), 3)
    );
    assert_eq!(read(inner[1].nested()), [(4, b"abcd\0".to_vec())]);
    assert_eq!(read(outer[1].nested()), []);
    assert_eq!(outer[2].u32(), Ok(10));
}

#[test]
fn several_messages_in_a_datagram() {
    let first = Builder::new(20, 0, 1, 1).string(1, "abc").finish(1);
    let second = Builder::new(21, 0, 2, 1).finish(2);
    let datagram = [first, second].concat();
    let kinds: Vec<u16> = Messages::new(&datagram)
        .map(|message| message.unwrap().kind)
        .collect();
    assert_eq!(kinds, [20, 21]);
}

#[test]
fn values_of_another_size_are_refused() {
    let bytes = Builder::new(20, 0, 1, 1).u32(1, 2).finish(1);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let attribute = message
        .generic()
        .unwrap()
        .attributes
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(attribute.u32(), Ok(2));
    assert!(attribute.u16().is_err() && attribute.u64().is_err());
}

#[test]
fn the_kernels_words_are_found_in_an_acknowledgement() {
    let request = Builder::new(20, 0, 1, 1).u32(1, 2).finish(7);
    let text = Builder::new(0, 0, 0, 0)
        .u32(2, 0)
        .string(NLMSGERR_ATTR_MSG, "no such thing");
    let text = text.finish(0)[HEADER + GENERIC_HEADER..].to_vec();
    let with_text = libc::NLM_F_ACK_TLVS;
    let capped = with_text | libc::NLM_F_CAPPED;
    for (flags, request, words) in [
        (with_text, &request[..], Some("no such thing")),
        (capped, &request[..HEADER], Some("no such thing")),
        (0, &request[..], None),
    ] {
        let bytes = acknowledgement(-libc::ENOENT, flags, request, &text);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        assert_eq!(message.outcome(), Ok((libc::ENOENT, words)));
    }
}

#[test]
fn the_running_kernel_knows_its_controller_and_not_a_family_of_nobody() {
    let mut socket = Socket::open().unwrap();
    let mut buffer = [0; 8192];
    let family = Family::resolve(&mut socket, "nlctrl", &mut buffer)
        .unwrap()
        .unwrap();
    assert_eq!(i32::from(family.id), libc::GENL_ID_CTRL);
    assert!(family.group("notify").is_some() && family.group("nothing").is_none());
    assert_eq!(
        Family::resolve(&mut socket, "of-nobody", &mut buffer).unwrap(),
        None
    );
}

#[test]
fn a_refusal_carries_the_error_number() {
    let mut socket = Socket::open().unwrap();
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK;
    let nameless = Builder::new(libc::GENL_ID_CTRL as u16, flags, 3, 1);
    let outcome = socket.request("look up", nameless, &mut [0; 8192], |_| Ok(()), |_| {});
    assert!(
        matches!(
            outcome,
            Err(Error::Refused {
                errno: Errno::EINVAL,
                ..
            })
        ),
        "{outcome:?}"
    );
}

#[test]
fn only_the_peer_is_heard_and_others_are_counted() {
    let peer = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    let stranger = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    let mut socket = Socket::with_protocol(SockProtocol::NetlinkUserSock, peer.port()).unwrap();
    send(&stranger, &socket, b"from a stranger");
    send(&peer, &socket, b"from the peer");
    let mut buffer = [0; 64];
    assert_eq!(
        socket.receive(&mut buffer).unwrap(),
        Some(&b"from the peer"[..])
    );
    assert_eq!(socket.foreign(), 1);
    assert_eq!(socket.receive(&mut buffer).unwrap(), None);
}

/// As where the machine is busy with something else in the midst of it.
#[test]
fn an_answer_that_has_begun_is_read_to_its_end() {
    let kernel = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    let mut socket = Socket::with_protocol(SockProtocol::NetlinkUserSock, kernel.port()).unwrap();
    let part = |value| Builder::new(20, libc::NLM_F_MULTI, 1, 1).u32(1, value);
    // The first request has the number 1.
    send(&kernel, &socket, &part(7).finish(1));
    send(&kernel, &socket, &part(8).finish(1));
    let done = Builder::new(libc::NLMSG_DONE as u16, libc::NLM_F_MULTI, 0, 0).finish(1);
    send(&kernel, &socket, &done);

    let mut values = Vec::new();
    let request = Builder::new(20, libc::NLM_F_REQUEST | libc::NLM_F_DUMP, 1, 1);
    let reply = |mut reply: Generic<'_>| {
        if values.is_empty() {
            std::thread::sleep(socket::PATIENCE);
        }
        values.push(reply.attributes.next().unwrap()?.u32()?);
        Ok(())
    };
    let outcome = socket.request("list", request, &mut [0; 8192], reply, |_| {});
    outcome.unwrap();
    assert_eq!(values, [7, 8]);
}

#[test]
fn a_datagram_larger_than_the_buffer_is_an_error() {
    let peer = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    let mut socket = Socket::with_protocol(SockProtocol::NetlinkUserSock, peer.port()).unwrap();
    send(&peer, &socket, &[0; 65]);
    let outcome = socket.receive(&mut [0; 64]).map(drop);
    assert!(
        matches!(
            outcome,
            Err(Error::Truncated {
                length: 65,
                buffer: 64
            })
        ),
        "{outcome:?}"
    );
}

#[test]
fn the_receive_buffer_in_effect_is_told() {
    let socket = Socket::open().unwrap();
    assert!(socket.set_receive_buffer(65536).unwrap() >= 65536);
}
