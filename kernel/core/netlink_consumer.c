// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: the ledger of each consumer.
 */
#include "agent.h"
#include "chardev.h"
#include "compat.h"
#include "netlink.h"
#include "source.h"
#include "subscriber.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, IRQLINK_A_CONSUMER_PAD);
}

/* raised = delivered + lost + pending, as all are taken from one moment. */
static int put_ledger(struct sk_buff *skb, const struct irqlink_log *log,
		      const struct irqlink_cursor *cur)
{
	/* After the cursor was copied, so that it is not behind it. */
	u64 end = irqlink_log_head(log) + 1;

	if (put_u64(skb, IRQLINK_A_CONSUMER_RAISED, end - cur->base) ||
	    put_u64(skb, IRQLINK_A_CONSUMER_DELIVERED, cur->delivered) ||
	    put_u64(skb, IRQLINK_A_CONSUMER_LOST, cur->lost) ||
	    put_u64(skb, IRQLINK_A_CONSUMER_PENDING, end - cur->seen) ||
	    put_u64(skb, IRQLINK_A_CONSUMER_REPLAYED, cur->replayed))
		return -EMSGSIZE;
	if (!cur->lost)
		return 0;
	return put_u64(skb, IRQLINK_A_CONSUMER_LOST_FIRST, cur->lost_first) ||
	       put_u64(skb, IRQLINK_A_CONSUMER_LOST_LAST, cur->lost_last);
}

/* Called with the source's lock held. */
static int put_agent(struct sk_buff *skb, void *consumer)
{
	const struct irqlink_agent *agent = consumer;

	return nla_put_u32(skb, IRQLINK_A_CONSUMER_KIND,
			   IRQLINK_CONSUMER_KIND_AGENT) ||
	       nla_put_u32(skb, IRQLINK_A_CONSUMER_PORT, agent->port) ||
	       nla_put_u32(skb, IRQLINK_A_CONSUMER_PID, agent->pid) ||
	       put_u64(skb, IRQLINK_A_CONSUMER_NO_ROOM, agent->no_room) ||
	       put_u64(skb, IRQLINK_A_CONSUMER_RETRIED, agent->retried) ||
	       put_ledger(skb, &agent->src->log, &agent->cursor);
}

/* Called with the source's lock held. */
static int put_subscriber(struct sk_buff *skb, void *consumer)
{
	const struct irqlink_subscriber *sub = consumer;

	return nla_put_u32(skb, IRQLINK_A_CONSUMER_KIND,
			   IRQLINK_CONSUMER_KIND_SUBSCRIBER) ||
	       nla_put_string(skb, IRQLINK_A_CONSUMER_NAME, sub->ops->name) ||
	       put_ledger(skb, &sub->src->log, &sub->cursor);
}

/* Called with the source's lock held. */
static int put_observers(struct sk_buff *skb, void *consumer)
{
	const struct irqlink_source *src = consumer;

	return nla_put_u32(skb, IRQLINK_A_CONSUMER_KIND,
			   IRQLINK_CONSUMER_KIND_OBSERVERS) ||
	       put_ledger(skb, &src->log, &src->observers.cursor);
}

/* Called with the source's files_lock held. */
static int put_file(struct sk_buff *skb, void *consumer)
{
	struct irqlink_file *file = consumer;
	const struct irqlink_log *log = &file->src->log;
	bool mapped = READ_ONCE(file->mapped);
	struct irqlink_cursor cur;

	irqlink_file_cursor(file, &cur);
	if (nla_put_u32(skb, IRQLINK_A_CONSUMER_KIND,
			mapped ? IRQLINK_CONSUMER_KIND_RING :
				 IRQLINK_CONSUMER_KIND_FILE) ||
	    nla_put_u32(skb, IRQLINK_A_CONSUMER_PID, file->pid))
		return -EMSGSIZE;
	if (mapped)
		return put_u64(skb, IRQLINK_A_CONSUMER_RAISED,
			       irqlink_log_head(log) + 1 - cur.base);
	return put_ledger(skb, log, &cur);
}

/**
 * struct dump - a dump under way
 * @skb: where to
 * @cb: the dump
 * @src: the source that it has come to
 * @n: consumers of it that were passed
 * @skip: how many of them were told in an earlier message, or in this one
 */
struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct irqlink_source *src;
	long n;
	long *skip;
};

/* Tell one consumer, unless that was done before. */
static int dump_consumer(struct dump *dump, void *consumer,
			 int (*put)(struct sk_buff *skb, void *consumer))
{
	struct sk_buff *skb = dump->skb;
	void *hdr;

	if (dump->n++ < *dump->skip)
		return 0;

	hdr = genlmsg_put(skb, NETLINK_CB(dump->cb->skb).portid,
			  dump->cb->nlh->nlmsg_seq, &irqlink_family,
			  NLM_F_MULTI, IRQLINK_CMD_CONSUMER_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, IRQLINK_A_CONSUMER_SOURCE, dump->src->id) ||
	    put(skb, consumer)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	*dump->skip = dump->n;
	return 0;
}

/* Those that events are pushed to. */
static int dump_pushed(struct dump *dump)
{
	struct irqlink_source *src = dump->src;
	struct irqlink_subscriber *sub;
	struct irqlink_agent *agent;
	int ret = 0;

	spin_lock_bh(&src->lock);
	list_for_each_entry(agent, &src->agents, by_source) {
		ret = dump_consumer(dump, agent, put_agent);
		if (ret)
			goto out;
	}
	list_for_each_entry(sub, &src->subscribers, by_source) {
		ret = dump_consumer(dump, sub, put_subscriber);
		if (ret)
			goto out;
	}
	if (irqlink_observers_listen(src))
		ret = dump_consumer(dump, src, put_observers);
out:
	spin_unlock_bh(&src->lock);
	return ret;
}

static int dump_files(struct dump *dump)
{
	struct irqlink_source *src = dump->src;
	struct irqlink_file *file;
	int ret = 0;

	mutex_lock(&src->files_lock);
	list_for_each_entry(file, &src->files, by_source) {
		ret = dump_consumer(dump, file, put_file);
		if (ret)
			break;
	}
	mutex_unlock(&src->files_lock);
	return ret;
}

/* The consumers of one source, from number *skip on; counts them in *skip. */
static int dump_source(struct sk_buff *skb, struct netlink_callback *cb,
		       struct irqlink_source *src, long *skip)
{
	struct dump dump = { .skb = skb, .cb = cb, .src = src, .skip = skip };

	return dump_pushed(&dump) ?: dump_files(&dump);
}

int irqlink_nl_consumer_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct nlattr *only = irqlink_dump_attrs(cb)[IRQLINK_A_CONSUMER_SOURCE];
	unsigned long id = cb->args[0];
	struct irqlink_source *src;
	int ret = 0;

	if (only && !id)
		id = nla_get_u32(only);

	while (!ret && (src = irqlink_source_after(&id))) {
		if (only && id != nla_get_u32(only)) {
			irqlink_source_put(src);
			break;
		}
		/* The one whose consumers were being told has left. */
		if (id != cb->args[0])
			cb->args[1] = 0;
		ret = dump_source(skb, cb, src, &cb->args[1]);
		irqlink_source_put(src);
		if (!ret) {
			cb->args[1] = 0;
			id++;
		}
	}
	cb->args[0] = id;
	return skb->len;
}
