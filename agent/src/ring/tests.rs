//! The protocol of the ring, against a file that is written as the kernel writes it.

use std::fs::File;
use std::mem::offset_of;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::thread;

use memmap2::{MmapOptions, MmapRaw};

use super::*;
use crate::abi::{IRQLINK_ABI_VERSION, IRQLINK_RING_MAGIC, RECORD_SIZE, Record, Ring};
use crate::testing::{allocations, drain, line, records};

const PAGE: usize = 4096;
const CAPACITY: u64 = 16;
const SIZE: usize = PAGE + CAPACITY as usize * RECORD_SIZE;

fn header() -> Ring {
    Ring {
        magic: IRQLINK_RING_MAGIC,
        version: IRQLINK_ABI_VERSION,
        record_size: RECORD_SIZE as u32,
        capacity: CAPACITY as u32,
        records_offset: PAGE as u32,
        source: 1,
        ..Ring::default()
    }
}

fn file(header: Ring) -> File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(SIZE as u64).unwrap();
    file.write_at(bytemuck::bytes_of(&header), 0).unwrap();
    file
}

/// The kernel's side of a mapping.
struct Writer {
    map: MmapRaw,
    seq: u64,
}

impl Writer {
    fn new(file: &File) -> Self {
        Writer {
            map: MmapOptions::new().len(SIZE).map_raw(file).unwrap(),
            seq: 0,
        }
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: all offsets used are multiples of 8 in the mapping.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    /// Appends the next record, in the order that `irqlink_log_append` has.
    fn append(&mut self) {
        self.seq += 1;
        let words: [u64; 8] = bytemuck::cast(records([self.seq])[0]);
        let slot = PAGE + (self.seq % CAPACITY) as usize * RECORD_SIZE;
        self.word(slot).store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        for (index, word) in words.iter().enumerate().skip(1) {
            self.word(slot + 8 * index).store(*word, Ordering::Relaxed);
        }
        self.word(slot).store(self.seq, Ordering::Release);
        self.word(offset_of!(Ring, head))
            .store(self.seq, Ordering::Release);
    }

    /// The device has left.
    fn end(&self) {
        // SAFETY: the field is in the mapping and aligned.
        let state = unsafe {
            AtomicU32::from_ptr(self.map.as_mut_ptr().add(offset_of!(Ring, state)).cast())
        };
        state.store(IRQLINK_RING_GONE, Ordering::Release);
    }

    fn append_many(&mut self, count: u64) {
        (0..count).for_each(|_| self.append());
    }

    /// Marks a slot as being written, its old record gone.
    fn begin_overwrite(&self, seq: u64) {
        self.word(PAGE + (seq % CAPACITY) as usize * RECORD_SIZE)
            .store(0, Ordering::Release);
    }
}

fn ring() -> (Mapping, Writer) {
    let file = file(header());
    (Mapping::new(&file, SIZE).unwrap(), Writer::new(&file))
}

fn read_lines(mapping: &Mapping, next: u64) -> (Vec<String>, u64, bool) {
    let mut lines = Vec::new();
    let (next, caught_up) = read(mapping, 1, next, &mut |event| lines.push(line(event)));
    (lines, next, caught_up)
}

#[test]
fn an_empty_ring_has_nothing() {
    let (mapping, _writer) = ring();
    assert_eq!(read_lines(&mapping, 1), (vec![], 1, true));
}

#[test]
fn records_are_read_once_and_in_order() {
    let (mapping, mut writer) = ring();
    writer.append_many(2);
    let expected = ["1 at 1001", "2 at 1002"].map(str::to_owned).to_vec();
    assert_eq!(read_lines(&mapping, 1), (expected, 3, true));
    assert_eq!(read_lines(&mapping, 3), (vec![], 3, true));
}

#[test]
fn a_lap_is_reported_by_its_exact_range() {
    let (mapping, mut writer) = ring();
    writer.append_many(40);
    let (lines, next, caught_up) = read_lines(&mapping, 5);
    assert_eq!(lines[..2], ["1 lost 5..24", "25 at 1025"]);
    assert_eq!((lines.len(), next, caught_up), (17, 41, true));
}

#[test]
fn a_record_under_overwrite_is_lost() {
    let (mapping, mut writer) = ring();
    writer.append_many(16);
    writer.begin_overwrite(17);
    let (lines, ..) = read_lines(&mapping, 1);
    assert_eq!(lines[..2], ["1 lost 1..1", "2 at 1002"]);
}

#[test]
fn what_is_no_ring_is_refused() {
    let mut wrong = Vec::new();
    wrong.push(Ring {
        magic: 0,
        ..header()
    });
    wrong.push(Ring {
        version: 2,
        ..header()
    });
    wrong.push(Ring {
        record_size: 72,
        ..header()
    });
    wrong.push(Ring {
        capacity: 15,
        ..header()
    });
    wrong.push(Ring {
        capacity: 32,
        ..header()
    });
    wrong.push(Ring {
        capacity: 0,
        ..header()
    });
    wrong.push(Ring {
        records_offset: 4092,
        ..header()
    });
    wrong.push(Ring {
        records_offset: u32::MAX - 7,
        ..header()
    });
    for header in wrong {
        assert!(Mapping::new(&file(header), SIZE).is_err(), "{header:?}");
    }
}

#[test]
fn the_end_is_told_once_and_after_the_last_event() {
    let file = file(header());
    let mut writer = Writer::new(&file);
    let mut reader = RingReader {
        mapping: Mapping::new(&file, SIZE).unwrap(),
        device: Device::of_descriptor(file.into()),
        eventfd: None,
        next: 1,
        ended: false,
    };
    writer.append();
    writer.end();
    let (events, progress) = drain(&mut reader);
    assert_eq!(events, ["1 at 1001", "1 gone"]);
    assert_eq!(progress.unwrap(), Progress::Ended);
    let (events, progress) = drain(&mut reader);
    assert_eq!((events.len(), progress.unwrap()), (0, Progress::Ended));
}

#[test]
fn no_event_allocates() {
    let (mapping, mut writer) = ring();
    writer.append_many(10);
    let mut sum = 0;
    let mut handler = |event: Event<'_>| sum += u64::from(event.source());
    assert_eq!(allocations(|| _ = read(&mapping, 1, 1, &mut handler)), 0);
    assert_eq!(sum, 10);
}

#[test]
fn a_reader_that_is_lapped_all_the_time_gets_or_loses_each_record_once() {
    const EVENTS: u64 = 200_000;
    let (mapping, mut writer) = ring();
    let writer = thread::spawn(move || writer.append_many(EVENTS));
    let mut next = 1;
    let mut expected = 1;
    let mut check = |event: Event<'_>| match event {
        Event::Interrupt(record) => {
            assert_eq!(
                *record,
                Record {
                    ..records([expected])[0]
                }
            );
            expected += 1;
        }
        Event::Lost { first, last, .. } => {
            assert_eq!(first, expected);
            assert!(last >= first);
            expected = last + 1;
        }
        Event::Gone { .. } => panic!("nothing is gone"),
    };
    while next <= EVENTS {
        next = read(&mapping, 1, next, &mut check).0;
    }
    writer.join().unwrap();
    assert_eq!(expected, EVENTS + 1);
}
