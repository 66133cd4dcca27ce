//! The agent against a socket that plays the kernel.

use std::thread;
use std::time::Duration;

use nix::sys::socket::SockProtocol;

use super::*;
use crate::testing::{allocations, drain, records, send, send_to_port};

const FAMILY: u16 = 0x25;

/// An agent, and the socket that it takes for the kernel.
fn agent_and_kernel() -> (Agent, Socket) {
    let kernel = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    let socket = Socket::with_protocol(SockProtocol::NetlinkUserSock, kernel.port()).unwrap();
    (
        Agent::with_socket(socket, FAMILY, Options::default()),
        kernel,
    )
}

fn message(command: u8) -> Builder {
    Builder::new(FAMILY, 0, command, IRQLINK_FAMILY_VERSION)
}

fn event(records: impl IntoIterator<Item = Record>) -> Vec<u8> {
    let event = message(IRQLINK_CMD_EVENT);
    let event = records.into_iter().fold(event, |event, record| {
        event.attribute(IRQLINK_A_EVENT_RECORD, bytemuck::bytes_of(&record))
    });
    event.finish(0)
}

#[test]
fn records_come_in_order_across_messages() {
    let (mut agent, kernel) = agent_and_kernel();
    agent.sources.push(1);
    let lost = Record {
        flags: IRQLINK_RECORD_LOST,
        payload: [3, 6],
        ..records([3])[0]
    };
    send(&kernel, &agent.socket, &event(records(1..=2)));
    send(&kernel, &agent.socket, &event([lost, records([7])[0]]));
    let (events, progress) = drain(&mut agent);
    assert_eq!(
        events,
        ["1 at 1001", "2 at 1002", "1 lost 3..6", "7 at 1007"]
    );
    assert_eq!(progress.unwrap(), Progress::Drained);
}

#[test]
fn the_last_source_to_go_ends_it() {
    let (mut agent, kernel) = agent_and_kernel();
    agent.sources.extend([1, 2]);
    for source in [1, 2] {
        let gone = message(IRQLINK_CMD_SOURCE_DEL_NTF)
            .u32(IRQLINK_A_SOURCE_ID, source)
            .string(IRQLINK_A_SOURCE_NAME, "edu0");
        send(&kernel, &agent.socket, &gone.finish(0));
        let (events, progress) = drain(&mut agent);
        assert_eq!(events, [format!("{source} gone")]);
        let expected = if source == 1 {
            Progress::Drained
        } else {
            Progress::Ended
        };
        assert_eq!(progress.unwrap(), expected);
    }
}

#[test]
fn a_storm_is_handed_over_in_turns() {
    let (mut agent, kernel) = agent_and_kernel();
    for seq in 0..READS as u64 + 1 {
        send(&kernel, &agent.socket, &event(records([seq])));
    }
    let (events, progress) = drain(&mut agent);
    assert_eq!((events.len(), progress.unwrap()), (READS, Progress::More));
    assert_eq!(drain(&mut agent).0.len(), 1);
}

#[test]
fn an_unknown_version_or_record_size_is_told() {
    let (mut agent, kernel) = agent_and_kernel();
    let newer = Builder::new(FAMILY, 0, IRQLINK_CMD_EVENT, 9).finish(0);
    send(&kernel, &agent.socket, &newer);
    assert!(matches!(
        drain(&mut agent).1,
        Err(Error::FamilyVersion { version: 9 })
    ));

    let larger = message(IRQLINK_CMD_EVENT).attribute(IRQLINK_A_EVENT_RECORD, &[0; 72]);
    send(&kernel, &agent.socket, &larger.finish(0));
    assert!(matches!(
        drain(&mut agent).1,
        Err(Error::RecordSize { size: 72 })
    ));

    send(&kernel, &agent.socket, &[1, 2, 3]);
    assert!(matches!(drain(&mut agent).1, Err(Error::Malformed(_))));
}

#[test]
fn what_does_not_come_from_the_kernel_is_ignored_and_counted() {
    let (mut agent, kernel) = agent_and_kernel();
    let stranger = Socket::with_protocol(SockProtocol::NetlinkUserSock, 0).unwrap();
    send(&stranger, &agent.socket, &event(records([666])));
    send(&kernel, &agent.socket, &event(records([1])));
    assert_eq!(drain(&mut agent).0, ["1 at 1001"]);
    assert_eq!(agent.foreign(), 1);
}

#[test]
fn events_around_the_answer_to_a_registration_are_kept_in_order() {
    let (mut agent, mut kernel) = agent_and_kernel();
    let port = agent.port();
    send(&kernel, &agent.socket, &event(records([1])));
    let kernel = thread::spawn(move || {
        let mut buffer = [0; 1024];
        let request = loop {
            // The kernel's own port is 0; here it hears the agent.
            if let Some(request) = kernel.receive_from_anyone(&mut buffer) {
                break request.to_vec();
            }
            thread::sleep(Duration::from_millis(1));
        };
        let request = Messages::new(&request).next().unwrap().unwrap();
        let asked: Vec<(u16, Vec<u8>)> = request
            .generic()
            .unwrap()
            .attributes
            .map(|attribute| attribute.map(|a| (a.kind, a.value.to_vec())).unwrap())
            .collect();
        let answer = message(IRQLINK_CMD_AGENT_REGISTER).u64(IRQLINK_A_EVENT_FROM, 3);
        send_to_port(&kernel, port, &event(records([2])));
        send_to_port(&kernel, port, &answer.finish(request.sequence));
        send_to_port(&kernel, port, &event(records([3])));
        asked
    });

    let file = tempfile::tempfile().unwrap();
    let device = Device::of_descriptor(file.into());
    let registration = agent.register_device(&device, Start::At(3)).unwrap();
    assert_eq!(
        registration,
        Registration {
            source: 1,
            first: 3
        }
    );
    let asked = kernel.join().unwrap();
    assert!(asked.contains(&(IRQLINK_A_EVENT_SOURCE, 1u32.to_ne_bytes().to_vec())));
    assert!(asked.contains(&(IRQLINK_A_EVENT_FROM, 3u64.to_ne_bytes().to_vec())));
    assert_eq!(drain(&mut agent).0, ["1 at 1001", "2 at 1002", "3 at 1003"]);
}

#[test]
fn no_event_allocates() {
    let (mut agent, kernel) = agent_and_kernel();
    for round in 0..8 {
        for seq in 0..8 {
            send(
                &kernel,
                &agent.socket,
                &event(records([2 * seq, 2 * seq + 1])),
            );
        }
        let mut sum = 0;
        let allocations = allocations(|| {
            agent
                .drain(&mut |event| sum += u64::from(event.source()))
                .unwrap();
        });
        assert_eq!((round, sum, allocations), (round, 16, 0));
    }
}
