// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event log.
 *
 * The producer is the source's interrupt handler: one per log, so an append
 * takes no lock, does not wait and does not know the readers. A reader learns
 * from the sequence number in the slot, before and after its copy, whether
 * the record was overwritten meanwhile.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "log.h"

static_assert(sizeof(struct irqlink_record) == 64);
static_assert(sizeof(struct irqlink_ring) == 72);
static_assert(sizeof(struct irqlink_info) == 40);

/**
 * irqlink_log_init() - allocate a log
 * @log: log to set up
 * @source: number of the source
 * @records: how many records it shall hold; rounded up to a power of two
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL for a silly number of records, or -ENOMEM.
 */
int irqlink_log_init(struct irqlink_log *log, u32 source, u32 records)
{
	struct irqlink_ring *ring;

	if (records < IRQLINK_LOG_MIN_RECORDS ||
	    records > IRQLINK_LOG_MAX_RECORDS)
		return -EINVAL;
	records = roundup_pow_of_two(records);

	ring = vmalloc_user(PAGE_SIZE +
			    array_size(records, sizeof(*log->records)));
	if (!ring)
		return -ENOMEM;

	ring->magic = IRQLINK_RING_MAGIC;
	ring->version = IRQLINK_ABI_VERSION;
	ring->record_size = sizeof(*log->records);
	ring->capacity = records;
	ring->records_offset = PAGE_SIZE;
	ring->source = source;

	log->ring = ring;
	log->records = (void *)ring + PAGE_SIZE;
	log->mask = records - 1;
	log->source = source;
	log->next_seq = 1;
	return 0;
}

/**
 * irqlink_log_free() - free a log
 * @log: log that nobody appends to, reads or maps any more
 *
 * Context: any but hard IRQ.
 */
void irqlink_log_free(struct irqlink_log *log)
{
	vfree(log->ring);
}

/**
 * irqlink_log_append() - write one record and publish it
 * @log: log of the source
 * @event: the interrupt
 * @flags: IRQLINK_RECORD_*, in place of the event's
 * @cpu: CPU that took it
 *
 * Context: the source's interrupt handler; one call at a time.
 */
void irqlink_log_append(struct irqlink_log *log,
			const struct irqlink_event *event, u32 flags, u32 cpu)
{
	u64 seq = log->next_seq++;
	struct irqlink_record *rec = &log->records[seq & log->mask];

	/*
	 * A reader that copies any word written below must find the slot
	 * invalid afterwards. Pairs with smp_rmb() in log_copy().
	 */
	irqlink_store_release(&rec->seq, 0);
	smp_wmb(); /* see above */

	rec->time_ns = event->time_ns;
	rec->trigger_ns = event->trigger_ns;
	rec->source = log->source;
	rec->cpu = cpu;
	rec->flags = flags;
	rec->status = event->status;
	rec->payload[0] = event->payload[0];
	rec->payload[1] = event->payload[1];

	/* Pairs with the acquire of the slot's seq in log_copy(). */
	irqlink_store_release(&rec->seq, seq);
	/* Pairs with the acquire in irqlink_log_head(). */
	irqlink_store_release(&log->ring->head, seq);
}

/**
 * irqlink_log_end() - tell those who map the log that no record will follow
 * @log: log that nobody appends to any more
 */
void irqlink_log_end(struct irqlink_log *log)
{
	/* After the last record: a reader that sees this has all before it. */
	smp_store_release(&log->ring->state, IRQLINK_RING_GONE);
}

/**
 * irqlink_log_head() - sequence number of the newest record
 * @log: log of the source
 *
 * Return: 0 before the first.
 */
u64 irqlink_log_head(const struct irqlink_log *log)
{
	/* Pairs with the release of the head in irqlink_log_append(). */
	return irqlink_load_acquire(&log->ring->head);
}

static u64 log_oldest(const struct irqlink_log *log, u64 head)
{
	return head <= log->mask ? 1 : head - log->mask;
}

/**
 * irqlink_log_oldest() - sequence number of the oldest record still held
 * @log: log of the source
 *
 * Return: 1 before the first record.
 */
u64 irqlink_log_oldest(const struct irqlink_log *log)
{
	return log_oldest(log, irqlink_log_head(log));
}

/**
 * irqlink_log_map_size() - what irqlink_log_mmap() can map
 * @log: log of the source
 *
 * Return: bytes.
 */
u32 irqlink_log_map_size(const struct irqlink_log *log)
{
	return PAGE_SIZE + PAGE_ALIGN((log->mask + 1) * sizeof(*log->records));
}

/**
 * irqlink_log_mmap() - map the log, read-only
 * @log: log that outlives the mapping
 * @vma: where to
 *
 * Return: 0, -EACCES for a writable mapping, -EINVAL for one that is too
 * large or does not begin at 0.
 */
int irqlink_log_mmap(struct irqlink_log *log, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	if (vma->vm_pgoff)
		return -EINVAL;
	irqlink_vm_forbid_write(vma);
	return remap_vmalloc_range(vma, log->ring, 0);
}

/* Copy record seq; false if it was, or is just being, overwritten. */
static bool log_copy(const struct irqlink_log *log, u64 seq, void *rec)
{
	const struct irqlink_record *slot = &log->records[seq & log->mask];

	/* Pairs with the second release in irqlink_log_append(). */
	if (irqlink_load_acquire(&slot->seq) != seq)
		return false;
	memcpy(rec, slot, sizeof(*slot));
	/* Pairs with smp_wmb() in irqlink_log_append(). */
	smp_rmb();
	return irqlink_load_acquire(&slot->seq) == seq;
}

/**
 * irqlink_cursor_init() - begin a ledger
 * @cur: cursor to set up
 * @next: sequence number to read first
 */
void irqlink_cursor_init(struct irqlink_cursor *cur, u64 next)
{
	*cur = (struct irqlink_cursor) {
		.next = next,
		.base = next,
		.seen = next,
	};
}

/**
 * irqlink_cursor_backlog() - how much there is to read
 * @cur: the reader's place
 * @log: the log
 *
 * Return: sequence numbers from the cursor to the newest record, 0 if none.
 */
u64 irqlink_cursor_backlog(const struct irqlink_cursor *cur,
			   const struct irqlink_log *log)
{
	u64 head = irqlink_log_head(log);

	return head < cur->next ? 0 : head - cur->next + 1;
}

static void loss_record(u64 first, u64 last, u32 source, void *to)
{
	const struct irqlink_record rec = {
		.seq = first,
		.source = source,
		.flags = IRQLINK_RECORD_LOST,
		.payload = { first, last },
	};

	memcpy(to, &rec, sizeof(rec));
}

/**
 * irqlink_cursor_peek() - see the record at the cursor
 * @cur: the reader's place; it stays there, see irqlink_cursor_pass()
 * @log: the log
 * @rec: room for a struct irqlink_record, of any alignment
 * @span: set to what @rec stands for
 *
 * If the record was overwritten, @rec is one that tells the range lost
 * (IRQLINK_RECORD_LOST), up to the oldest that is still held.
 *
 * Return: false if there is nothing new.
 */
bool irqlink_cursor_peek(const struct irqlink_cursor *cur,
			 const struct irqlink_log *log, void *rec,
			 struct irqlink_span *span)
{
	u64 head = irqlink_log_head(log);

	if (head < cur->next)
		return false;

	span->lost = cur->next < log_oldest(log, head) ||
		     !log_copy(log, cur->next, rec);
	span->last = cur->next;
	if (span->lost) {
		/* At least this one: its slot is written before the head. */
		span->last = max(cur->next, irqlink_log_oldest(log) - 1);
		loss_record(cur->next, span->last, log->source, rec);
	}
	return true;
}

/**
 * irqlink_cursor_pass() - move on, and enter it into the ledger
 * @cur: the reader's place
 * @span: what it was shown there
 */
void irqlink_cursor_pass(struct irqlink_cursor *cur,
			 const struct irqlink_span *span)
{
	u64 first = max(cur->next, cur->seen);

	cur->next = span->last + 1;
	if (span->last < first) {
		/* Counted before. */
		cur->replayed += !span->lost;
		return;
	}
	cur->seen = span->last + 1;
	if (!span->lost) {
		cur->delivered++;
		return;
	}
	cur->lost += span->last - first + 1;
	cur->lost_first = first;
	cur->lost_last = span->last;
}
