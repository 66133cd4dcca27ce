/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard: masks a source's interrupt until it is acknowledged, or for a
 * while if it storms.
 */
#ifndef _IRQLINK_GUARD_H
#define _IRQLINK_GUARD_H

#include <linux/types.h>
#include <linux/workqueue.h>

#define IRQLINK_STORM_PAUSE_MS	100	/* unless set */

/**
 * struct irqlink_guard - of one source
 * @mode: enum irqlink_mode
 * @limit: interrupts a second, 0 for no limit
 * @pause_ms: how long a storm is masked
 * @masked: bit GUARD_ACK, GUARD_STORM: why the interrupt is masked now; each
 *	bit is one disable_irq()
 * @window: when the current window of counting began, in ns; the handler's own
 * @count: interrupts in it; the handler's own
 * @storms: times that the limit was exceeded
 * @unmask: ends the pause
 */
struct irqlink_guard {
	u32 mode;
	u32 limit;
	u32 pause_ms;
	unsigned long masked;
	u64 window;
	u32 count;
	u64 storms;
	struct delayed_work unmask;
};

struct irqlink_source;

void irqlink_guard_setup(struct irqlink_source *src);
u32 irqlink_guard_check(struct irqlink_source *src, u64 now);
int irqlink_guard_ack(struct irqlink_source *src);
void irqlink_guard_set(struct irqlink_source *src, const u32 *mode,
		       const u32 *limit, const u32 *pause_ms);
void irqlink_guard_stop(struct irqlink_source *src);

/* Does irqlink_guard_check() have anything to do? */
static inline bool irqlink_guard_active(const struct irqlink_guard *guard)
{
	return READ_ONCE(guard->mode) | READ_ONCE(guard->limit);
}

#endif /* _IRQLINK_GUARD_H */
