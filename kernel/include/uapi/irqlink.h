/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * irqlink: what a program sees of an interrupt source.
 *
 *   /dev/irqlink/<source>
 *     read()   N x struct irqlink_record, whole records only
 *     poll()   EPOLLIN: a record can be read; EPOLLHUP: the device is gone
 *     ioctl()  IRQLINK_IOC_INFO, _SEEK, _EVENTFD, _TRIGGER, _ACK, _WAIT
 *     mmap()   one struct irqlink_ring, then the records; read-only
 *     SIGIO    fcntl(F_SETOWN, F_SETSIG, O_ASYNC)
 *   generic netlink family "irqlink": see irqlink_netlink.h and irqlink.yaml
 *     IRQLINK_CMD_EVENT carries N x IRQLINK_A_EVENT_RECORD, each one record
 *
 * All words are in the CPU's byte order. No struct has implicit padding, and
 * each has the same layout for 32-bit and 64-bit programs.
 */
#ifndef _UAPI_IRQLINK_H
#define _UAPI_IRQLINK_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Layout of the record and of the mapping; a program must know this one. */
#define IRQLINK_ABI_VERSION	1

/*
 * The record does not stand for an interrupt but for a run of them that this
 * consumer lost, as the log was overwritten before it came to read them.
 * seq and payload[0] are the first lost sequence number, payload[1] the last.
 */
#define IRQLINK_RECORD_LOST	(1U << 0)
/*
 * time_ns was taken in a thread, or as the kernel resent an interrupt that came
 * while it was masked, not in hard-IRQ context.
 */
#define IRQLINK_RECORD_THREAD	(1U << 1)
/* Direction of a GPIO edge. */
#define IRQLINK_RECORD_RISING	(1U << 2)
#define IRQLINK_RECORD_FALLING	(1U << 3)
/* The interrupt is masked from now on until a consumer acknowledges. */
#define IRQLINK_RECORD_MASKED	(1U << 4)
/* The source exceeded its limit: its interrupt is masked for a while. */
#define IRQLINK_RECORD_STORM	(1U << 5)

/**
 * struct irqlink_record - one interrupt
 * @seq: sequence number in its source, from 1, without holes. In the mapping
 *	it is 0 while the slot is being written.
 * @time_ns: CLOCK_MONOTONIC, taken in hard-IRQ context, in nanoseconds; in a
 *	thread if IRQLINK_RECORD_THREAD
 * @trigger_ns: CLOCK_MONOTONIC of what caused the interrupt, in nanoseconds,
 *	where the source knows it; else 0. Of a GPIO line that is debounced in
 *	software: the last edge, in hard-IRQ context; @time_ns is then when the
 *	line had been still for its time (IRQLINK_RECORD_THREAD)
 * @source: number of the source
 * @cpu: CPU that took the interrupt
 * @flags: IRQLINK_RECORD_*
 * @status: the device's interrupt status word; 0 if it has none
 * @payload: two words whose meaning is the source's
 * @reserved: 0
 */
struct irqlink_record {
	__aligned_u64 seq;
	__aligned_u64 time_ns;
	__aligned_u64 trigger_ns;
	__u32 source;
	__u32 cpu;
	__u32 flags;
	__u32 status;
	__aligned_u64 payload[2];
	__aligned_u64 reserved;
};

#define IRQLINK_RING_MAGIC	0x6b6c7169	/* "iqlk" in little-endian memory */
#define IRQLINK_RING_GONE	(1U << 0)	/* no record will follow */

/**
 * struct irqlink_ring - start of the mapping
 * @magic: IRQLINK_RING_MAGIC
 * @version: IRQLINK_ABI_VERSION
 * @record_size: bytes from one record to the next
 * @capacity: number of records, a power of two
 * @records_offset: bytes from the start of the mapping to the first record
 * @source: number of the source
 * @state: IRQLINK_RING_*
 * @reserved: 0
 * @head: sequence number of the newest record, 0 before the first
 *
 * Record number seq stands in slot (seq & (capacity - 1)). To read it: load
 * @head with acquire and see that it is at least seq; load the slot's seq with
 * acquire; copy the record; issue an acquire fence; load the slot's seq again.
 * If both loads gave seq the copy is whole; otherwise the record was
 * overwritten and is lost to this reader.
 */
struct irqlink_ring {
	__u32 magic;
	__u32 version;
	__u32 record_size;
	__u32 capacity;
	__u32 records_offset;
	__u32 source;
	__u32 state;
	__u32 reserved[9];
	__aligned_u64 head;
};

/**
 * struct irqlink_info - a source, as IRQLINK_IOC_INFO gives it
 * @version: IRQLINK_ABI_VERSION
 * @record_size: bytes of one record
 * @source: number of the source, as netlink has it
 * @capacity: records that the log holds
 * @map_size: bytes that mmap() accepts, from offset 0
 * @reserved: 0
 * @head: sequence number of the newest record, 0 before the first
 * @next: sequence number that this file's next read() begins with
 */
struct irqlink_info {
	__u32 version;
	__u32 record_size;
	__u32 source;
	__u32 capacity;
	__u32 map_size;
	__u32 reserved;
	__aligned_u64 head;
	__aligned_u64 next;
};

/* Read the source's and this file's state. */
#define IRQLINK_IOC_INFO	_IOR(0xb9, 0x00, struct irqlink_info)
/*
 * Move this file's cursor back to a sequence number, to replay; 0 is the
 * oldest that the log holds. EINVAL ahead of the first record not read yet,
 * EBADF if the file is not open for reading.
 */
#define IRQLINK_IOC_SEEK	_IOW(0xb9, 0x01, __u64)
/* Signal this eventfd at each delivery; -1 for none. */
#define IRQLINK_IOC_EVENTFD	_IOW(0xb9, 0x02, __s32)
/*
 * Have the device raise its interrupt. Needs a file open for writing (EBADF);
 * EOPNOTSUPP if the source cannot.
 */
#define IRQLINK_IOC_TRIGGER	_IO(0xb9, 0x03)
/*
 * Unmask a source in mode until-ack. Needs a file open for writing (EBADF);
 * EALREADY if it is not masked, ENODEV if the device has left.
 */
#define IRQLINK_IOC_ACK		_IO(0xb9, 0x04)
/*
 * Sleep until there is a record and copy it out, as read() of one; of files
 * with O_NONBLOCK, too. EBADF if the file is not open for reading.
 */
#define IRQLINK_IOC_WAIT	_IOR(0xb9, 0x05, struct irqlink_record)

#endif /* _UAPI_IRQLINK_H */
