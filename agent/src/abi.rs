//! The kernel's binary interface: records, the mapped ring, ioctls and netlink numbers.
//!
//! Source: `kernel/include/uapi/irqlink.h` and `irqlink_netlink.h`. Names are those of the
//! headers; `tests/abi.rs` compiles the headers and compares every value.

use bytemuck::{Pod, Zeroable};
use nix::sys::ioctl::ioctl_num_type;

/// One interrupt, `struct irqlink_record`: 64 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Record {
    /// Sequence number in its source, from 1, without holes.
    pub seq: u64,
    /// `CLOCK_MONOTONIC` in hard-IRQ context, in nanoseconds.
    pub time_ns: u64,
    /// `CLOCK_MONOTONIC` of what caused the interrupt, in nanoseconds; 0 if not known.
    pub trigger_ns: u64,
    /// Number of the source.
    pub source: u32,
    /// CPU that took the interrupt.
    pub cpu: u32,
    /// `IRQLINK_RECORD_*`.
    pub flags: u32,
    /// The device's interrupt status word; 0 if it has none.
    pub status: u32,
    /// Two words whose meaning is the source's.
    pub payload: [u64; 2],
    /// 0.
    pub reserved: u64,
}

/// Bytes of a [`Record`].
pub const RECORD_SIZE: usize = size_of::<Record>();

/// Start of the mapping, `struct irqlink_ring`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Ring {
    /// [`IRQLINK_RING_MAGIC`].
    pub magic: u32,
    /// [`IRQLINK_ABI_VERSION`].
    pub version: u32,
    /// Bytes from one record to the next.
    pub record_size: u32,
    /// Number of records, a power of two.
    pub capacity: u32,
    /// Bytes from the start of the mapping to the first record.
    pub records_offset: u32,
    /// Number of the source.
    pub source: u32,
    /// `IRQLINK_RING_*`; the kernel changes it while mapped.
    pub state: u32,
    /// 0.
    pub reserved: [u32; 9],
    /// Sequence number of the newest record, 0 before the first; changes while mapped.
    pub head: u64,
}

/// A source and this file's cursor, `struct irqlink_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Info {
    /// [`IRQLINK_ABI_VERSION`].
    pub version: u32,
    /// Bytes of one record.
    pub record_size: u32,
    /// Number of the source, as netlink has it.
    pub source: u32,
    /// Records that the log holds.
    pub capacity: u32,
    /// Bytes that `mmap` accepts, from offset 0.
    pub map_size: u32,
    /// 0.
    pub reserved: u32,
    /// Sequence number of the newest record, 0 before the first.
    pub head: u64,
    /// Sequence number that this file's next `read` begins with.
    pub next: u64,
}

/// Name of the generic netlink family, `IRQLINK_FAMILY_NAME`.
pub const IRQLINK_FAMILY_NAME: &str = "irqlink";
/// Name of the multicast group of source notifications, `IRQLINK_MCGRP_SOURCES`.
pub const IRQLINK_MCGRP_SOURCES: &str = "sources";
/// Name of the multicast group of events, `IRQLINK_MCGRP_EVENTS`.
pub const IRQLINK_MCGRP_EVENTS: &str = "events";

/// Defines constants, and a table of them for the test against the headers.
macro_rules! constants {
    ($($type:ty { $($name:ident = $value:expr),+ $(,)? })+) => {
        $($(
            #[doc = concat!("`", stringify!($name), "` of the kernel headers.")]
            pub const $name: $type = $value;
        )+)+
        /// Name and value of each number taken from the headers.
        pub const CONSTANTS: &[(&str, u64)] = &[
            $($( (stringify!($name), $name as u64), )+)+
        ];
    };
}

constants! {
    ioctl_num_type {
        IRQLINK_IOC_INFO = nix::request_code_read!(0xb9, 0x00, size_of::<Info>()),
        IRQLINK_IOC_SEEK = nix::request_code_write!(0xb9, 0x01, size_of::<u64>()),
        IRQLINK_IOC_EVENTFD = nix::request_code_write!(0xb9, 0x02, size_of::<i32>()),
        IRQLINK_IOC_TRIGGER = nix::request_code_none!(0xb9, 0x03),
        IRQLINK_IOC_ACK = nix::request_code_none!(0xb9, 0x04),
        IRQLINK_IOC_WAIT = nix::request_code_read!(0xb9, 0x05, size_of::<Record>()),
    }
    u32 {
        IRQLINK_ABI_VERSION = 1,
        IRQLINK_RECORD_LOST = 1 << 0,
        IRQLINK_RECORD_THREAD = 1 << 1,
        IRQLINK_RECORD_RISING = 1 << 2,
        IRQLINK_RECORD_FALLING = 1 << 3,
        IRQLINK_RECORD_MASKED = 1 << 4,
        IRQLINK_RECORD_STORM = 1 << 5,
        IRQLINK_RING_MAGIC = 0x6b6c_7169,
        IRQLINK_RING_GONE = 1 << 0,
        IRQLINK_DELIVERY_SOFTIRQ = 0,
        IRQLINK_DELIVERY_THREAD = 1,
        IRQLINK_FEATURE_TRIGGER = 1,
        IRQLINK_MODE_FREE = 0,
        IRQLINK_MODE_UNTIL_ACK = 1,
        IRQLINK_EDGE_RISING = 1,
        IRQLINK_EDGE_FALLING = 2,
        IRQLINK_CONSUMER_KIND_AGENT = 0,
        IRQLINK_CONSUMER_KIND_FILE = 1,
        IRQLINK_CONSUMER_KIND_RING = 2,
        IRQLINK_CONSUMER_KIND_SUBSCRIBER = 3,
        IRQLINK_CONSUMER_KIND_OBSERVERS = 4,
    }
    u8 {
        IRQLINK_FAMILY_VERSION = 1,
        IRQLINK_CMD_SOURCE_GET = 1,
        IRQLINK_CMD_SOURCE_ADD_NTF = 2,
        IRQLINK_CMD_SOURCE_DEL_NTF = 3,
        IRQLINK_CMD_SOURCE_CHANGE_NTF = 4,
        IRQLINK_CMD_SOURCE_SET = 5,
        IRQLINK_CMD_TRIGGER = 6,
        IRQLINK_CMD_CONSUMER_GET = 7,
        IRQLINK_CMD_AGENT_REGISTER = 8,
        IRQLINK_CMD_AGENT_UNREGISTER = 9,
        IRQLINK_CMD_EVENT = 10,
        IRQLINK_CMD_REPLAY = 11,
        IRQLINK_CMD_SOURCE_ADD = 12,
        IRQLINK_CMD_SOURCE_DEL = 13,
        IRQLINK_CMD_ACK = 14,
    }
    u16 {
        IRQLINK_A_SOURCE_ID = 1,
        IRQLINK_A_SOURCE_NAME = 2,
        IRQLINK_A_SOURCE_DRIVER = 3,
        IRQLINK_A_SOURCE_DEVICE = 4,
        IRQLINK_A_SOURCE_IRQ = 5,
        IRQLINK_A_SOURCE_DELIVERY = 6,
        IRQLINK_A_SOURCE_FEATURES = 7,
        IRQLINK_A_SOURCE_RECORD_SIZE = 8,
        IRQLINK_A_SOURCE_CAPACITY = 9,
        IRQLINK_A_SOURCE_RAISED = 10,
        IRQLINK_A_SOURCE_OLDEST = 11,
        IRQLINK_A_SOURCE_AGENTS = 12,
        IRQLINK_A_SOURCE_FILES = 13,
        IRQLINK_A_SOURCE_FD = 14,
        IRQLINK_A_SOURCE_MODE = 16,
        IRQLINK_A_SOURCE_STORM_LIMIT = 17,
        IRQLINK_A_SOURCE_STORM_PAUSE = 18,
        IRQLINK_A_SOURCE_STORMS = 19,
        IRQLINK_A_SOURCE_MASKED = 20,
        IRQLINK_A_SOURCE_SIM = 21,
        IRQLINK_A_SOURCE_GPIO = 22,
        IRQLINK_A_SOURCE_PCI = 23,
        IRQLINK_A_SIM_PERIOD = 1,
        IRQLINK_A_SIM_BURST = 2,
        IRQLINK_A_SIM_JITTER = 3,
        IRQLINK_A_SIM_PAYLOAD = 4,
        IRQLINK_A_SIM_COUNT = 5,
        IRQLINK_A_GPIO_CHIP = 1,
        IRQLINK_A_GPIO_OFFSET = 2,
        IRQLINK_A_GPIO_LINE = 3,
        IRQLINK_A_GPIO_EDGES = 4,
        IRQLINK_A_GPIO_DEBOUNCE = 5,
        IRQLINK_A_PCI_DEVICE = 1,
        IRQLINK_A_PCI_BAR = 2,
        IRQLINK_A_PCI_STATUS = 3,
        IRQLINK_A_PCI_ACK = 4,
        IRQLINK_A_PCI_TRIGGER = 5,
        IRQLINK_A_PCI_TRIGGER_VALUE = 6,
        IRQLINK_A_PCI_VECTORS = 7,
        IRQLINK_A_CONSUMER_SOURCE = 1,
        IRQLINK_A_CONSUMER_KIND = 2,
        IRQLINK_A_CONSUMER_PORT = 3,
        IRQLINK_A_CONSUMER_PID = 4,
        IRQLINK_A_CONSUMER_RAISED = 5,
        IRQLINK_A_CONSUMER_DELIVERED = 6,
        IRQLINK_A_CONSUMER_LOST = 7,
        IRQLINK_A_CONSUMER_PENDING = 8,
        IRQLINK_A_CONSUMER_LOST_FIRST = 9,
        IRQLINK_A_CONSUMER_LOST_LAST = 10,
        IRQLINK_A_CONSUMER_NO_ROOM = 11,
        IRQLINK_A_CONSUMER_RETRIED = 12,
        IRQLINK_A_CONSUMER_REPLAYED = 13,
        IRQLINK_A_CONSUMER_NAME = 15,
        IRQLINK_A_EVENT_SOURCE = 1,
        IRQLINK_A_EVENT_FD = 2,
        IRQLINK_A_EVENT_FROM = 3,
        IRQLINK_A_EVENT_COUNT = 4,
        IRQLINK_A_EVENT_RECORD = 5,
    }
}
