// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delivery step, from the log to everyone who listens.
 *
 *   hard IRQ   irqlink_post(): append, wake a lone sleeper; else one of
 *   softirq    the source's tasklet           (delivery softirq)
 *   IRQ thread irqlink_thread_fn()            (delivery thread, PREEMPT_RT)
 *   process    the source's retry work        (no room, no memory, the end)
 *
 * All of them end in irqlink_deliver_agents(). Never in hard IRQ: netlink_unicast()
 * may allocate with GFP_KERNEL there (netlink_trim() asks gfp_any()), and on
 * PREEMPT_RT its locks sleep.
 */
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/poll.h>

#include "agent.h"
#include "chardev.h"
#include "compat.h"
#include "source.h"
#include "subscriber.h"
#include "trace.h"

struct workqueue_struct *irqlink_wq;

/* Enter the interrupt into the log, with more flags. In the handler, or its thread. */
static void record(struct irqlink_source *src,
		   const struct irqlink_event *event, u32 flags)
{
	flags |= event->flags;
	if (irqlink_guard_active(&src->guard))
		flags |= irqlink_guard_check(src, event->time_ns);
	irqlink_log_append(&src->log, event, flags, raw_smp_processor_id());
}

/* The clock is read before the call, before tracing adds work of its own. */
static void trace_post(const struct irqlink_source *src,
		       const struct irqlink_event *event, u64 now)
{
	trace_irqlink_irq(src->id, src->log.next_seq - 1, event->time_ns,
			  now - event->time_ns);
}

/* Does a single sleeper wait for the source's file, and nobody else for anything? */
static bool has_sleeper_only(struct irqlink_source *src)
{
	/*
	 * Between the new head and these looks; what it pairs with stands in
	 * deliver().
	 */
	smp_mb();
	return list_is_singular(&src->wait.head) &&
	       list_empty(&src->agents) && list_empty(&src->subscribers) &&
	       !READ_ONCE(src->fasync) && !READ_ONCE(src->eventfds) &&
	       !irqlink_observed();
}

/* Interrupts that are no further apart are a burst. */
#define BURST_NS	(20 * NSEC_PER_USEC)

/* Did the interrupt before come just now? */
static bool in_burst(struct irqlink_source *src, u64 now)
{
	u64 before = src->posted_ns;

	src->posted_ns = now;
	return now - before < BURST_NS;
}

/*
 * Wake the sleeper in hard IRQ. The queue's lock is a spinlock_t, which sleeps
 * on PREEMPT_RT, so not there. Elsewhere it is as good as a raw one, which
 * lockdep, who looks ahead to PREEMPT_RT, has to be told: the handler is one
 * that is never threaded.
 */
static void wake_sleeper(struct irqlink_source *src)
{
	static IRQLINK_WAIT_OVERRIDE_MAP(map);

	irqlink_override_begin(&map);
	irqlink_chardev_wake_sleepers(src);
	irqlink_override_end(&map);
}

/*
 * One sleeper is woken in hard IRQ, which saves a softirq. More of them, or
 * anything else that there is to do, is left to that, so that the handler's
 * work has a bound; so is a burst, of which the softirq makes one wake-up.
 */
static void deliver_soon(struct irqlink_source *src, u64 now)
{
	bool burst = in_burst(src, now);

	/* Whom the first look misses, as it has no barrier, the softirq wakes. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) &&
	    list_is_singular(&src->wait.head) && !burst &&
	    has_sleeper_only(src))
		wake_sleeper(src);
	else
		tasklet_hi_schedule(&src->tasklet);
}

/**
 * irqlink_post() - an interrupt has happened
 * @src: source
 * @event: what the handler saw, the time first of all
 *
 * Takes no lock and does not go through the consumers: the same work for none
 * and for many, but for waking one that sleeps alone.
 *
 * Context: the source's interrupt handler, one call at a time.
 * Return: what the handler returns.
 */
irqreturn_t irqlink_post(struct irqlink_source *src,
			 const struct irqlink_event *event)
{
	irqreturn_t ret = IRQ_HANDLED;

	record(src, event, irqlink_stamp_flags());
	if (READ_ONCE(src->delivery) == IRQLINK_DELIVERY_THREAD)
		ret = IRQ_WAKE_THREAD;
	else
		deliver_soon(src, event->time_ns);

	if (trace_irqlink_irq_enabled())
		trace_post(src, event, ktime_get_ns());
	return ret;
}
EXPORT_SYMBOL_GPL(irqlink_post);

/**
 * irqlink_post_in_thread() - an interrupt has happened, says its thread
 * @src: source
 * @event: what was seen
 *
 * For what a handler cannot find out in hard-IRQ context. A source posts
 * either so or by irqlink_post(), never both. Call irqlink_thread_fn() next.
 *
 * Context: the thread of the source's interrupt, one call at a time.
 */
void irqlink_post_in_thread(struct irqlink_source *src,
			    const struct irqlink_event *event)
{
	record(src, event, 0);
	if (trace_irqlink_irq_enabled())
		trace_post(src, event, ktime_get_ns());
}
EXPORT_SYMBOL_GPL(irqlink_post_in_thread);

/**
 * irqlink_deliver_agents() - send the agents what they have not got yet
 * @src: source
 *
 * Context: any but hard IRQ; does not sleep.
 */
void irqlink_deliver_agents(struct irqlink_source *src)
{
	struct irqlink_agent *agent;

	spin_lock_bh(&src->lock);
	list_for_each_entry(agent, &src->agents, by_source)
		irqlink_agent_deliver(agent);
	spin_unlock_bh(&src->lock);
}

/* Something is new in the log: tell everyone. Any context but hard IRQ. */
static void deliver(struct irqlink_source *src)
{
	irqlink_chardev_wake(src);
	/*
	 * The barrier in irqlink_chardev_wake() lies between the new head and
	 * these looks; it pairs with the one in irqlink_agent_start() and
	 * irqlink_subscribe(), which lies between the new consumer and its
	 * look at the head. So it is with eventfds and SIGIO, looked at there.
	 */
	if (!list_empty(&src->agents))
		irqlink_deliver_agents(src);
	if (!list_empty(&src->subscribers))
		irqlink_subscribers_deliver(src);
	if (irqlink_observed())
		irqlink_observers_deliver(src);
}

static void deliver_tasklet(struct tasklet_struct *tasklet)
{
	deliver(container_of(tasklet, struct irqlink_source, tasklet));
}

/**
 * irqlink_thread_fn() - the thread function of a source's interrupt
 * @irq: not used
 * @src: source
 *
 * Context: process.
 * Return: IRQ_HANDLED.
 */
irqreturn_t irqlink_thread_fn(int irq, void *src)
{
	deliver(src);
	return IRQ_HANDLED;
}
EXPORT_SYMBOL_GPL(irqlink_thread_fn);

static void deliver_work(struct work_struct *work)
{
	struct irqlink_source *src = container_of(to_delayed_work(work),
						  struct irqlink_source, retry);

	irqlink_deliver_agents(src);
	if (READ_ONCE(src->gone))
		irqlink_agent_reap(src);
	irqlink_source_put(src);
}

/**
 * irqlink_deliver_later() - go on with the agents in process context
 * @src: source, on which the caller holds a reference
 * @delay: in jiffies; an earlier time that is set already stays
 *
 * Context: any but hard IRQ; does not sleep.
 */
void irqlink_deliver_later(struct irqlink_source *src, unsigned long delay)
{
	get_device(&src->dev);
	/* Not the last reference: the caller has one. */
	if (delay) {
		if (!queue_delayed_work(irqlink_wq, &src->retry, delay))
			put_device(&src->dev);
	} else if (mod_delayed_work(irqlink_wq, &src->retry, 0)) {
		put_device(&src->dev);
	}
}

/**
 * irqlink_deliver_setup() - set up the delivery of a new source
 * @src: source
 */
void irqlink_deliver_setup(struct irqlink_source *src)
{
	spin_lock_init(&src->lock);
	INIT_LIST_HEAD(&src->agents);
	INIT_LIST_HEAD(&src->subscribers);
	INIT_LIST_HEAD(&src->files);
	mutex_init(&src->files_lock);
	irqlink_observers_setup(src);
	init_waitqueue_head(&src->wait);
	INIT_DELAYED_WORK(&src->retry, deliver_work);
	tasklet_setup(&src->tasklet, deliver_tasklet);
	src->delivery = IS_ENABLED(CONFIG_PREEMPT_RT) ?
			IRQLINK_DELIVERY_THREAD : IRQLINK_DELIVERY_SOFTIRQ;
}

/**
 * irqlink_deliver_stop() - the device has left: hand over the rest, and the end
 * @src: source, whose interrupt has been freed
 *
 * Agents whose socket has no room get the rest later, from the retry work.
 *
 * Context: process, may sleep.
 */
void irqlink_deliver_stop(struct irqlink_source *src)
{
	tasklet_kill(&src->tasklet);

	spin_lock_bh(&src->lock);
	/* After the last record; pairs with irqlink_agent_deliver(). */
	smp_store_release(&src->gone, true);
	spin_unlock_bh(&src->lock);
	irqlink_log_end(&src->log);

	deliver(src);
	irqlink_chardev_end(src);
}

int __init irqlink_deliver_init(void)
{
	irqlink_wq = alloc_workqueue("irqlink", WQ_HIGHPRI | WQ_UNBOUND, 0);
	return irqlink_wq ? 0 : -ENOMEM;
}

void irqlink_deliver_exit(void)
{
	destroy_workqueue(irqlink_wq);
}
