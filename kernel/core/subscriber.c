// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subscribers: other modules, called for each event.
 *
 * A call is made with the source's lock held. So none is under way, nor will
 * be, once irqlink_unsubscribe() has taken the subscriber off the list.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "source.h"
#include "subscriber.h"
#include "trace.h"

static void subscriber_deliver(struct irqlink_subscriber *sub)
{
	const struct irqlink_log *log = &sub->src->log;
	/* Before the head is looked at: what was raised before is handed on. */
	bool gone = smp_load_acquire(&sub->src->gone);
	/* What comes meanwhile has a delivery of its own. */
	u64 n = irqlink_cursor_backlog(&sub->cursor, log);
	struct irqlink_record rec;
	struct irqlink_span span;

	while (n-- && irqlink_cursor_peek(&sub->cursor, log, &rec, &span)) {
		if (span.lost)
			trace_irqlink_loss(log->source, 0, sub->cursor.next,
					   span.last);
		irqlink_cursor_pass(&sub->cursor, &span);
		sub->ops->event(sub->priv, &rec);
	}

	if (gone && !sub->ended) {
		sub->ended = true;
		if (sub->ops->gone)
			sub->ops->gone(sub->priv);
	}
}

/**
 * irqlink_subscribers_deliver() - call the subscribers for what is new
 * @src: source
 *
 * Context: any but hard IRQ; does not sleep.
 */
void irqlink_subscribers_deliver(struct irqlink_source *src)
{
	struct irqlink_subscriber *sub;

	spin_lock_bh(&src->lock);
	list_for_each_entry(sub, &src->subscribers, by_source)
		subscriber_deliver(sub);
	spin_unlock_bh(&src->lock);
}

/* Begin with the next event. */
static int subscriber_add(struct irqlink_subscriber *sub)
{
	struct irqlink_source *src = sub->src;
	int ret = 0;

	spin_lock_bh(&src->lock);
	irqlink_cursor_init(&sub->cursor, irqlink_log_head(&src->log) + 1);
	if (src->gone)
		ret = -ENODEV;
	else
		list_add_tail(&sub->by_source, &src->subscribers);
	spin_unlock_bh(&src->lock);
	return ret;
}

/**
 * irqlink_subscribe() - be called for each event of a source
 * @source: name of the source
 * @ops: what to call; stays until irqlink_unsubscribe()
 * @priv: handed to @ops
 *
 * It begins with the next event; calls may come before this returns.
 *
 * Context: process, may sleep.
 * Return: the subscriber, or an ERR_PTR(): -ENODEV if there is no such source,
 * or -ENOMEM.
 */
struct irqlink_subscriber *
irqlink_subscribe(const char *source, const struct irqlink_subscriber_ops *ops,
		  void *priv)
{
	struct irqlink_subscriber *sub;
	int ret;

	sub = kzalloc(sizeof(*sub), GFP_KERNEL);
	if (!sub)
		return ERR_PTR(-ENOMEM);

	sub->ops = ops;
	sub->priv = priv;
	sub->src = irqlink_source_find_name(source);
	if (!sub->src) {
		kfree(sub);
		return ERR_PTR(-ENODEV);
	}

	ret = subscriber_add(sub);
	if (ret) {
		irqlink_source_put(sub->src);
		kfree(sub);
		return ERR_PTR(ret);
	}

	/*
	 * Either an interrupt sees the subscriber now, or this delivery sees
	 * its record. Pairs with deliver().
	 */
	smp_mb();
	irqlink_subscribers_deliver(sub->src);
	return sub;
}
EXPORT_SYMBOL_GPL(irqlink_subscribe);

/**
 * irqlink_unsubscribe() - be called no more
 * @sub: subscriber, of a source that may have left
 *
 * When this returns none of its calls runs or will run.
 *
 * Context: process, may sleep; not from one of its calls.
 */
void irqlink_unsubscribe(struct irqlink_subscriber *sub)
{
	struct irqlink_source *src = sub->src;

	spin_lock_bh(&src->lock);
	list_del(&sub->by_source);
	spin_unlock_bh(&src->lock);

	irqlink_source_put(src);
	kfree(sub);
}
EXPORT_SYMBOL_GPL(irqlink_unsubscribe);
