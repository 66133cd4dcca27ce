/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subscribers: consumers that are kernel modules.
 */
#ifndef _IRQLINK_SUBSCRIBER_H
#define _IRQLINK_SUBSCRIBER_H

#include <linux/list.h>

#include "irqlink.h"
#include "log.h"

/**
 * struct irqlink_subscriber - another module that is called for each event
 * @cursor: its place in the log
 * @ended: it was told that the device has left
 * @by_source: in the source's list; with all of the above under its lock
 * @src: the source, with a reference
 * @ops: what to call
 * @priv: the module's own
 */
struct irqlink_subscriber {
	struct irqlink_cursor cursor;
	bool ended;
	struct list_head by_source;
	struct irqlink_source *src;
	const struct irqlink_subscriber_ops *ops;
	void *priv;
};

void irqlink_subscribers_deliver(struct irqlink_source *src);

#endif /* _IRQLINK_SUBSCRIBER_H */
