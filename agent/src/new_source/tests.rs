//! What is sent of each kind.

use crate::gpio_line::GpioLine;
use crate::netlink::{Builder, Messages};
use crate::testing::attributes;

use super::*;

fn word(value: u32) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

fn long(value: u64) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

/// The attributes in the one that describes the kind.
fn description(source: &NewSource, kind: u16) -> Vec<(u16, Vec<u8>)> {
    let request = source.put(Builder::new(20, 0, 1, 1)).finish(1);
    let message = Messages::new(&request).next().unwrap().unwrap();
    let found = message.generic().unwrap().attributes.flatten();
    let found = found.filter(|one| one.kind == kind).collect::<Vec<_>>();
    assert_eq!(found.len(), 1);
    let nested = found[0].nested().map(Result::unwrap);
    nested.map(|one| (one.kind, one.value.to_vec())).collect()
}

#[test]
fn the_name_is_sent_if_there_is_one() {
    let source = NewSource::new(Sim::new(Duration::from_millis(1)));
    let kinds = |source: &NewSource| {
        let sent = attributes(|request| source.put(request));
        sent.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&source), [IRQLINK_A_SOURCE_SIM]);
    let source = source.named("heart");
    assert_eq!(
        kinds(&source),
        [IRQLINK_A_SOURCE_NAME, IRQLINK_A_SOURCE_SIM]
    );
    let sent = attributes(|request| source.put(request));
    assert_eq!(sent[0].1, b"heart\0");
}

#[test]
fn a_simulated_source() {
    let mut sim = Sim {
        burst: 4,
        jitter: Duration::from_micros(100),
        payload: 7,
        ..Sim::new(Duration::from_millis(1))
    };
    let mut sent = vec![
        (IRQLINK_A_SIM_PERIOD, long(1_000_000)),
        (IRQLINK_A_SIM_BURST, word(4)),
        (IRQLINK_A_SIM_JITTER, long(100_000)),
        (IRQLINK_A_SIM_PAYLOAD, long(7)),
    ];
    assert_eq!(
        description(&NewSource::new(sim), IRQLINK_A_SOURCE_SIM),
        sent
    );
    sim.count = Some(9);
    sent.push((IRQLINK_A_SIM_COUNT, long(9)));
    assert_eq!(
        description(&NewSource::new(sim), IRQLINK_A_SOURCE_SIM),
        sent
    );
}

#[test]
fn a_gpio_line_by_offset_or_by_name() {
    let line = |line, debounce| {
        NewSource::new(Gpio {
            line,
            edges: Edges::Both,
            debounce,
        })
    };
    let by_offset = GpioLine::Offset {
        chip: "pinctrl".into(),
        offset: 17,
    };
    assert_eq!(
        description(&line(by_offset, None), IRQLINK_A_SOURCE_GPIO),
        [
            (IRQLINK_A_GPIO_CHIP, b"pinctrl\0".to_vec()),
            (IRQLINK_A_GPIO_OFFSET, word(17)),
            (IRQLINK_A_GPIO_EDGES, word(3)),
        ]
    );
    let debounce = Some(Duration::from_nanos(5_000_001));
    assert_eq!(
        description(
            &line(GpioLine::Name("door".into()), debounce),
            IRQLINK_A_SOURCE_GPIO
        ),
        [
            (IRQLINK_A_GPIO_LINE, b"door\0".to_vec()),
            (IRQLINK_A_GPIO_EDGES, word(3)),
            (IRQLINK_A_GPIO_DEBOUNCE, word(5_001)),
        ]
    );
}

#[test]
fn a_pci_function() {
    let pci = Pci {
        device: "0000:00:05.0".into(),
        status: Some(0x24),
        ack: Some(0x64),
        vectors: Some(2),
        ..Pci::default()
    };
    assert_eq!(
        description(&NewSource::new(pci), IRQLINK_A_SOURCE_PCI),
        [
            (IRQLINK_A_PCI_DEVICE, b"0000:00:05.0\0".to_vec()),
            (IRQLINK_A_PCI_BAR, word(0)),
            (IRQLINK_A_PCI_STATUS, word(0x24)),
            (IRQLINK_A_PCI_ACK, word(0x64)),
            (IRQLINK_A_PCI_VECTORS, word(2)),
        ]
    );
}
