/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observers: consumers by netlink multicast.
 */
#ifndef _IRQLINK_OBSERVER_H
#define _IRQLINK_OBSERVER_H

#include "log.h"

/**
 * struct irqlink_observers - all observers of one source
 * @cursor: their place in the log; without any of them after the newest record
 * @listening: there were some at the latest delivery
 *
 * Under the source's lock.
 */
struct irqlink_observers {
	struct irqlink_cursor cursor;
	bool listening;
};

struct irqlink_source;

extern u32 irqlink_observers_present;

void irqlink_observers_setup(struct irqlink_source *src);
void irqlink_observers_deliver(struct irqlink_source *src);
bool irqlink_observers_listen(const struct irqlink_source *src);
int irqlink_observers_join(int group);
void irqlink_observers_leave(int group);

/* Can there be anyone in the group? Any context. */
static inline bool irqlink_observed(void)
{
	return READ_ONCE(irqlink_observers_present);
}

#endif /* _IRQLINK_OBSERVER_H */
