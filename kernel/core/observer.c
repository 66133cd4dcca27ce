// SPDX-License-Identifier: GPL-2.0-only
/*
 * Observers: sockets in the multicast group "events".
 *
 * They need no registration, and so have no cursor of their own: each source
 * has one for all of them, which moves whether or not each of them had room.
 * One that had none sees it by the next sequence number that it gets.
 *
 * Interrupts belong to no network namespace, so only the first one has them:
 * whoever may join the group there has the capability truly.
 */
#include <linux/capability.h>
#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "agent.h"
#include "compat.h"
#include "event.h"
#include "observer.h"
#include "source.h"

#define BUDGET	64	/* messages in one delivery */

/*
 * Times that a socket of any namespace joined, less times that one left. At
 * least 1 while there is a member, and where the kernel does not tell.
 */
u32 irqlink_observers_present = IRQLINK_GENL_TELLS_MEMBERS ? 0 : 1;
static DEFINE_MUTEX(members_lock);

static bool observers_have_member(void)
{
	return genl_has_listeners(&irqlink_family, &init_net,
				  IRQLINK_GROUP_EVENTS);
}

/*
 * The capability is asked for in the user namespace of the socket: who has it
 * elsewhere only may join, but is sent nothing. Leaving takes none at all.
 */
static bool observer_counts(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_NET_ADMIN);
}

/*
 * Nobody listens: those who come begin with @next. Called with the source's
 * lock held.
 */
static void observers_begin(struct irqlink_source *src, u64 next)
{
	irqlink_cursor_init(&src->observers.cursor, next);
	src->observers.listening = false;
}

/* Called with members_lock held. */
static void observers_begin_everywhere(void)
{
	struct irqlink_source *src;
	unsigned long id = 0;

	for (; (src = irqlink_source_after(&id)); id++) {
		spin_lock_bh(&src->lock);
		observers_begin(src, irqlink_log_head(&src->log) + 1);
		spin_unlock_bh(&src->lock);
		irqlink_source_put(src);
	}
}

/**
 * irqlink_observers_join() - a socket is about to join a group
 * @group: IRQLINK_GROUP_*
 *
 * Context: process, may sleep.
 * Return: 0.
 */
int irqlink_observers_join(int group)
{
	if (group != IRQLINK_GROUP_EVENTS || !observer_counts())
		return 0;
	mutex_lock(&members_lock);
	if (!irqlink_observers_present)
		observers_begin_everywhere();
	WRITE_ONCE(irqlink_observers_present, irqlink_observers_present + 1);
	mutex_unlock(&members_lock);
	return 0;
}

/*
 * The kernel tells of each socket that leaves, also of one that never was a
 * member: so a count that comes to nothing is checked with the group itself,
 * which the leaving one is out of by now. One that is still joining is counted,
 * but not in the group yet.
 */
static u32 observers_without_one(u32 present)
{
	return present > 1 ? present - 1 : observers_have_member();
}

/**
 * irqlink_observers_leave() - a socket has left a group
 * @group: IRQLINK_GROUP_*
 *
 * Context: process, may sleep.
 */
void irqlink_observers_leave(int group)
{
	if (group != IRQLINK_GROUP_EVENTS || !observer_counts())
		return;
	mutex_lock(&members_lock);
	WRITE_ONCE(irqlink_observers_present,
		   observers_without_one(irqlink_observers_present));
	mutex_unlock(&members_lock);
}

/* False if nothing is left, or there is no memory: then the next event tries. */
static bool observers_send(struct irqlink_source *src)
{
	struct irqlink_cursor *cur = &src->observers.cursor;
	u64 n = irqlink_cursor_backlog(cur, &src->log);
	struct sk_buff *skb;

	if (!n)
		return false;
	skb = irqlink_event_message(&src->log, cur,
				    min_t(u64, n, IRQLINK_BATCH_MAX), 0);
	if (!skb)
		return false;
	/* Whom it did not reach has no room, or has just left. */
	genlmsg_multicast(&irqlink_family, skb, 0, IRQLINK_GROUP_EVENTS,
			  GFP_ATOMIC);
	return true;
}

/**
 * irqlink_observers_setup() - set up a new source for observers
 * @src: source
 */
void irqlink_observers_setup(struct irqlink_source *src)
{
	observers_begin(src, irqlink_log_head(&src->log) + 1);
}

/**
 * irqlink_observers_deliver() - send the observers what is new
 * @src: source, with a new record in its log
 *
 * Context: any but hard IRQ; does not sleep.
 */
void irqlink_observers_deliver(struct irqlink_source *src)
{
	int budget = BUDGET;
	u64 next;

	spin_lock_bh(&src->lock);
	/* The head before the look: who joins meanwhile misses nothing. */
	next = irqlink_log_head(&src->log) + 1;
	if (observers_have_member()) {
		src->observers.listening = true;
		while (budget-- && observers_send(src))
			;
	} else {
		observers_begin(src, next);
	}
	spin_unlock_bh(&src->lock);
}

/**
 * irqlink_observers_listen() - has a source sent anything to those present?
 * @src: source, with its lock held
 *
 * Return: whether the ledger has a line for them.
 */
bool irqlink_observers_listen(const struct irqlink_source *src)
{
	return irqlink_observed() && src->observers.listening;
}
