/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event message, to agents and observers. It is these headers, and a record
 * for each event; laid out here, as the helpers would do it attribute by
 * attribute, and inline.
 */
#ifndef _IRQLINK_EVENT_H
#define _IRQLINK_EVENT_H

#include <linux/build_bug.h>
#include <linux/skbuff.h>

#include "log.h"
#include "netlink.h"
#include "trace.h"

struct event_head {
	struct nlmsghdr nlh;
	struct genlmsghdr genlh;
};

struct event_record {
	struct nlattr attr;
	u8 value[sizeof(struct irqlink_record)]; /* aligned to 4 bytes only */
};

static_assert(sizeof(struct event_head) == NLMSG_HDRLEN + GENL_HDRLEN);
static_assert(sizeof(struct event_record) ==
	      NLA_HDRLEN + NLA_ALIGN(sizeof(struct irqlink_record)));

/* Fill in at most n records from the cursor on; returns their end. */
static inline void *event_fill(struct event_record *rec,
			       const struct irqlink_log *log,
			       struct irqlink_cursor *cur, u32 n, u32 port)
{
	struct irqlink_span span;

	/* A loss takes the place of several. */
	for (; n && irqlink_cursor_peek(cur, log, rec->value, &span);
	     n--, rec++) {
		rec->attr.nla_len = sizeof(*rec);
		rec->attr.nla_type = IRQLINK_A_EVENT_RECORD;
		if (span.lost)
			trace_irqlink_loss(log->source, port, cur->next,
					   span.last);
		irqlink_cursor_pass(cur, &span);
	}
	return rec;
}

/**
 * irqlink_event_message() - make an event message
 * @log: the log
 * @cur: where to begin; moves past what the message holds
 * @n: how many records, at most
 * @port: who it is for, 0 for the observers
 *
 * Context: any but hard IRQ, with the cursor's lock held; does not sleep.
 * Return: the message, or NULL if there is no memory.
 */
static inline struct sk_buff *
irqlink_event_message(const struct irqlink_log *log,
		      struct irqlink_cursor *cur, u32 n, u32 port)
{
	size_t size = sizeof(struct event_head) +
		      n * sizeof(struct event_record);
	struct event_head *head;
	struct sk_buff *skb;

	skb = alloc_skb(size, GFP_ATOMIC);
	if (!skb)
		return NULL;

	head = skb_put(skb, size);
	size = event_fill((void *)(head + 1), log, cur, n, port) -
	       (void *)head;
	skb_trim(skb, size);
	*head = (struct event_head) {
		.nlh.nlmsg_len = size,
		.nlh.nlmsg_type = irqlink_family.id,
		.genlh.cmd = IRQLINK_CMD_EVENT,
		.genlh.version = IRQLINK_FAMILY_VERSION,
	};
	return skb;
}

#endif /* _IRQLINK_EVENT_H */
