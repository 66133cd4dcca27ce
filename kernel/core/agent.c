// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents: consumers by netlink_unicast.
 *
 * The log is the only queue. An agent's cursor moves when its socket has
 * taken a message, not before: a socket without room costs the agent nothing
 * until the log laps it, and then the next message says what was lost.
 */
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "agent.h"
#include "event.h"
#include "netlink.h"
#include "source.h"
#include "trace.h"

#define BUDGET		64	/* messages to one agent in one delivery */
#define MAX_BACKOFF	5	/* at most 2^5 jiffies between two attempts */

/* All agents. Taken before a source's lock. */
static LIST_HEAD(agents);
static DEFINE_MUTEX(agents_lock);

/* Send one message; the cursor moves only if the socket took it. */
static int agent_send(struct irqlink_agent *agent, u32 n)
{
	struct irqlink_cursor cur = agent->cursor;
	struct sk_buff *skb;
	int ret;

	skb = irqlink_event_message(&agent->src->log, &cur, n, agent->port);
	if (!skb)
		return -ENOMEM;

	ret = genlmsg_unicast(sock_net(agent->sk), skb, agent->port);
	trace_irqlink_deliver(agent->src->id, agent->port, agent->cursor.next,
			      cur.next, ret);
	if (!ret)
		agent->cursor = cur;
	return ret;
}

/* Keep the cursor where it is, and try again soon, but ever less often. */
static void agent_back_off(struct irqlink_agent *agent)
{
	irqlink_deliver_later(agent->src,
			      1UL << min_t(u32, agent->retries, MAX_BACKOFF));
	agent->retries++;
}

/* False if the agent can take no more for now. */
static bool agent_sent(struct irqlink_agent *agent, int err)
{
	switch (err) {
	case 0:
		agent->retries = 0;
		agent->congested = false;
		return true;
	case -EAGAIN:
		agent->no_room++;
		agent->congested = true;
		agent_back_off(agent);
		return false;
	case -ENOMEM:
		agent_back_off(agent);
		return false;
	default:
		/* No such port any more; URELEASE removes the agent. */
		agent->ended = true;
		return false;
	}
}

/* How many records the next message shall hold; 0 if there is nothing new. */
static u32 agent_backlog(const struct irqlink_agent *agent)
{
	/* A full socket is probed with one record, not with a whole batch. */
	u64 most = agent->congested ? 1 : agent->batch;

	return min(most, irqlink_cursor_backlog(&agent->cursor,
						&agent->src->log));
}

/**
 * irqlink_agent_deliver() - send an agent what it has not got yet
 * @agent: agent, with its source's lock held
 *
 * One message carries all that has gathered, up to the agent's batch: a
 * single record when idle, so that nothing waits, and many in a storm.
 *
 * Context: softirq or process, with softirqs disabled; does not sleep.
 */
void irqlink_agent_deliver(struct irqlink_agent *agent)
{
	struct irqlink_source *src = agent->src;
	/* Before the head is looked at: what was raised before is sent. */
	bool gone = smp_load_acquire(&src->gone);
	int budget = BUDGET;
	u32 n;

	while (!agent->ended && (n = agent_backlog(agent))) {
		if (!budget--) {
			irqlink_deliver_later(src, 0);
			return;
		}
		if (agent->retries)
			agent->retried++;
		if (!agent_sent(agent, agent_send(agent, n)))
			return;
	}

	if (gone && !agent->ended &&
	    agent_sent(agent, irqlink_netlink_send_gone(src, sock_net(agent->sk),
							agent->port))) {
		agent->ended = true;
		irqlink_deliver_later(src, 0);
	}
}

/* Called with agents_lock held. */
static void agent_free(struct irqlink_agent *agent)
{
	struct irqlink_source *src = agent->src;

	spin_lock_bh(&src->lock);
	list_del(&agent->by_source);
	spin_unlock_bh(&src->lock);

	list_del(&agent->by_age);
	irqlink_source_put(src);
	sock_put(agent->sk);
	kfree(agent);
}

/**
 * irqlink_agent_reap() - remove the agents that were told the end
 * @src: source whose device has left
 *
 * Context: process, may sleep. The caller holds a reference to @src.
 */
void irqlink_agent_reap(struct irqlink_source *src)
{
	struct irqlink_agent *agent, *next;

	mutex_lock(&agents_lock);
	list_for_each_entry_safe(agent, next, &agents, by_age)
		if (agent->src == src && READ_ONCE(agent->ended))
			agent_free(agent);
	mutex_unlock(&agents_lock);
}

/* Called with agents_lock held. */
static struct irqlink_agent *agent_find(u32 source, const struct sock *sk)
{
	struct irqlink_agent *agent;

	list_for_each_entry(agent, &agents, by_age)
		if (agent->src->id == source && agent->sk == sk)
			return agent;
	return NULL;
}

/* Where to begin; called with the source's lock held. */
static int agent_begin(struct irqlink_agent *agent, const u64 *from)
{
	const struct irqlink_log *log = &agent->src->log;
	u64 next = irqlink_log_head(log) + 1;

	if (from && *from > next)
		return -ERANGE;
	if (from)
		next = *from ?: irqlink_log_oldest(log);

	irqlink_cursor_init(&agent->cursor, next);
	return 0;
}

/* Called with agents_lock held. */
static int agent_add(struct irqlink_agent *agent, const u64 *from)
{
	struct irqlink_source *src = agent->src;
	int ret;

	if (agent_find(src->id, agent->sk))
		return -EEXIST;

	spin_lock_bh(&src->lock);
	ret = src->gone ? -ENODEV : agent_begin(agent, from);
	spin_unlock_bh(&src->lock);
	if (ret)
		return ret;

	INIT_LIST_HEAD(&agent->by_source);
	list_add_tail(&agent->by_age, &agents);
	get_device(&src->dev);
	sock_hold(agent->sk);
	return 0;
}

/**
 * irqlink_agent_register() - note a socket as an agent of a source
 * @src: source
 * @sk: the socket that asks
 * @port: its port
 * @from: sequence number to begin with, 0 for the oldest held; NULL for the
 *	next one to come
 * @batch: most records in one message
 * @next: set to the sequence number that it begins with
 *
 * Nothing is sent yet: the caller answers the request, so that the answer
 * comes first, and then calls irqlink_agent_start().
 *
 * Context: process, may sleep.
 * Return: 0, -EEXIST if the port is registered, -ERANGE if @from lies beyond
 * the next record, -ENODEV if the device has left, or -ENOMEM.
 */
int irqlink_agent_register(struct irqlink_source *src, struct sock *sk,
			   u32 port, const u64 *from, u32 batch, u64 *next)
{
	struct irqlink_agent *agent;
	int ret;

	agent = kzalloc(sizeof(*agent), GFP_KERNEL);
	if (!agent)
		return -ENOMEM;

	agent->src = src;
	agent->sk = sk;
	agent->port = port;
	agent->pid = task_tgid_nr(current);
	agent->batch = clamp_t(u32, batch, 1, IRQLINK_BATCH_MAX);

	mutex_lock(&agents_lock);
	ret = agent_add(agent, from);
	if (!ret)
		*next = agent->cursor.base;
	mutex_unlock(&agents_lock);
	if (ret)
		kfree(agent);
	return ret;
}

/**
 * irqlink_agent_start() - send an agent what it registered for, from now on
 * @src: source; its device may have left meanwhile
 * @sk: socket of the agent, which may have unregistered meanwhile
 *
 * Context: process, may sleep.
 */
void irqlink_agent_start(struct irqlink_source *src, struct sock *sk)
{
	struct irqlink_agent *agent;

	mutex_lock(&agents_lock);
	agent = agent_find(src->id, sk);
	if (agent) {
		spin_lock_bh(&src->lock);
		if (list_empty(&agent->by_source))
			list_add_tail(&agent->by_source, &src->agents);
		spin_unlock_bh(&src->lock);
	}
	mutex_unlock(&agents_lock);
	/*
	 * Either an interrupt sees the agent now, or this delivery sees its
	 * record. Pairs with deliver().
	 */
	smp_mb();
	irqlink_deliver_agents(src);
}

/**
 * irqlink_agent_unregister() - send an agent no more events of a source
 * @source: number of the source
 * @sk: its socket
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOENT if it was not registered.
 */
int irqlink_agent_unregister(u32 source, struct sock *sk)
{
	struct irqlink_agent *agent;

	mutex_lock(&agents_lock);
	agent = agent_find(source, sk);
	if (agent)
		agent_free(agent);
	mutex_unlock(&agents_lock);
	return agent ? 0 : -ENOENT;
}

/*
 * A netlink socket was closed, or its process died: it is dead by now, and the
 * port may be that of a living one. Process context.
 */
static int agent_released(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	const struct netlink_notify *gone = data;
	struct irqlink_agent *agent, *next;

	if (event != NETLINK_URELEASE || gone->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;

	mutex_lock(&agents_lock);
	list_for_each_entry_safe(agent, next, &agents, by_age)
		if (sock_net(agent->sk) == gone->net && agent->port == gone->portid &&
		    sock_flag(agent->sk, SOCK_DEAD))
			agent_free(agent);
	mutex_unlock(&agents_lock);
	return NOTIFY_DONE;
}

static struct notifier_block agent_notifier = {
	.notifier_call = agent_released,
};

int __init irqlink_agent_init(void)
{
	return netlink_register_notifier(&agent_notifier);
}

/* Drops the agents of devices that have left; there are no others by now. */
void irqlink_agent_exit(void)
{
	struct irqlink_agent *agent, *next;

	netlink_unregister_notifier(&agent_notifier);
	mutex_lock(&agents_lock);
	list_for_each_entry_safe(agent, next, &agents, by_age)
		agent_free(agent);
	mutex_unlock(&agents_lock);
}
