/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event log: a ring of the newest records of one source, with one
 * producer that never waits and any number of readers, each with a cursor.
 */
#ifndef _IRQLINK_LOG_H
#define _IRQLINK_LOG_H

#include <linux/types.h>

#include "irqlink.h"
#include "uapi/irqlink.h"

struct vm_area_struct;

#define IRQLINK_LOG_MIN_RECORDS	16U
#define IRQLINK_LOG_MAX_RECORDS	1048576U

/**
 * struct irqlink_log - the records of one source
 * @ring: first page of the mapping; holds the head
 * @records: the slots; record seq stands in slot (seq & @mask)
 * @mask: number of slots less one
 * @source: number of the source, for the records
 * @next_seq: sequence number of the next record; the producer's own
 */
struct irqlink_log {
	struct irqlink_ring *ring;
	struct irqlink_record *records;
	u32 mask;
	u32 source;
	u64 next_seq;
};

/**
 * struct irqlink_cursor - one reader's place in a log, and its ledger
 * @next: sequence number that it reads next
 * @base: sequence number that its ledger begins with
 * @seen: every record before this one is either delivered or lost
 * @delivered: records handed over, each counted once
 * @lost: records overwritten before they were read
 * @lost_first: first sequence number of the latest loss
 * @lost_last: last sequence number of the latest loss
 * @replayed: records handed over once more
 *
 * A plain value: work on a copy, and store it back once what was shown has
 * truly been handed over.
 */
struct irqlink_cursor {
	u64 next;
	u64 base;
	u64 seen;
	u64 delivered;
	u64 lost;
	u64 lost_first;
	u64 lost_last;
	u64 replayed;
};

/**
 * struct irqlink_span - what a reader was shown
 * @last: last sequence number of it; the first is the cursor's
 * @lost: it is a run of lost records, not one that was read
 */
struct irqlink_span {
	u64 last;
	bool lost;
};

int irqlink_log_init(struct irqlink_log *log, u32 source, u32 records);
void irqlink_log_free(struct irqlink_log *log);
void irqlink_log_append(struct irqlink_log *log,
			const struct irqlink_event *event, u32 flags, u32 cpu);
void irqlink_log_end(struct irqlink_log *log);
u64 irqlink_log_head(const struct irqlink_log *log);
u64 irqlink_log_oldest(const struct irqlink_log *log);
u32 irqlink_log_map_size(const struct irqlink_log *log);
int irqlink_log_mmap(struct irqlink_log *log, struct vm_area_struct *vma);

void irqlink_cursor_init(struct irqlink_cursor *cur, u64 next);
u64 irqlink_cursor_backlog(const struct irqlink_cursor *cur,
			   const struct irqlink_log *log);
bool irqlink_cursor_peek(const struct irqlink_cursor *cur,
			 const struct irqlink_log *log, void *rec,
			 struct irqlink_span *span);
void irqlink_cursor_pass(struct irqlink_cursor *cur,
			 const struct irqlink_span *span);

#endif /* _IRQLINK_LOG_H */
