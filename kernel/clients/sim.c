// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: simulated sources, driven by a timer, for boards with nothing
 * wired, for teaching, and for load tests.
 *
 * The timer expires in hard-IRQ context, on PREEMPT_RT too, so what follows
 * is what follows a device's interrupt. The time at which it should have
 * expired is the trigger time.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "irqlink.h"
#include "uapi/irqlink_netlink.h"

/* Bursts closer than this would leave the CPU nothing else to do. */
#define MIN_PERIOD_NS	(10 * NSEC_PER_USEC)
/* Far below what the time of an hrtimer can hold. */
#define MAX_PERIOD_NS	(1000ULL * 24 * 3600 * NSEC_PER_SEC)
#define MAX_BURST	1024

/**
 * struct irqlink_sim - a simulated source
 * @src: the source
 * @timer: expires in hard-IRQ context
 * @thread: the delivery in thread context, where there is no interrupt thread
 * @pending: @thread has something to deliver
 * @masked: how often it is masked; bursts that come meanwhile are left out
 * @next: when the next burst is due, without jitter
 * @period: from one burst to the next, in ns
 * @jitter: below which each burst comes later, in ns
 * @random: for @jitter; without a lock, as the timer's context wants
 * @burst: events in a burst
 * @left: events until it stops
 * @payload: first word of the payload
 * @bursts: so far
 */
struct irqlink_sim {
	struct irqlink_source *src;
	struct hrtimer timer;
	struct task_struct *thread;
	bool pending;
	atomic_t masked;
	ktime_t next;
	u64 period;
	u32 jitter;
	struct rnd_state random;
	u32 burst;
	u64 left;
	u64 payload;
	u64 bursts;
};

static const struct nla_policy sim_policy[IRQLINK_A_SIM_COUNT + 1] = {
	[IRQLINK_A_SIM_PERIOD] = { .type = NLA_U64 },
	[IRQLINK_A_SIM_BURST] = { .type = NLA_U32 },
	[IRQLINK_A_SIM_JITTER] = { .type = NLA_U64 },
	[IRQLINK_A_SIM_PAYLOAD] = { .type = NLA_U64 },
	[IRQLINK_A_SIM_COUNT] = { .type = NLA_U64 },
};

/* From 0 to below the jitter. */
static u64 sim_jitter(struct irqlink_sim *sim)
{
	return ((u64)sim->jitter * prandom_u32_state(&sim->random)) >> 32;
}

/* Hard IRQ. */
static void sim_post(struct irqlink_sim *sim, ktime_t due)
{
	struct irqlink_event event = {
		.time_ns = ktime_get_ns(),
		.trigger_ns = ktime_to_ns(due),
		.payload = { sim->payload, sim->bursts },
	};

	if (irqlink_post(sim->src, &event) == IRQ_WAKE_THREAD) {
		/* Pairs with the acquire in sim_thread(). */
		smp_store_release(&sim->pending, true);
		wake_up_process(sim->thread);
	}
}

/* Hard IRQ, on PREEMPT_RT too. */
static enum hrtimer_restart sim_expired(struct hrtimer *timer)
{
	struct irqlink_sim *sim = container_of(timer, struct irqlink_sim,
					       timer);
	ktime_t due = hrtimer_get_expires(timer);
	ktime_t began = ktime_get(), now;
	u32 i;

	for (i = 0; i < sim->burst && sim->left; i++, sim->left--) {
		if (atomic_read(&sim->masked))
			break;
		sim_post(sim, due);
	}
	sim->bursts++;
	if (!sim->left)
		return HRTIMER_NORESTART;

	sim->next = ktime_add_ns(sim->next, sim->period);
	now = ktime_get();
	/*
	 * Late by whole periods: leave them out rather than catch up. A burst
	 * that takes longer than the period leaves the CPU half of its time.
	 */
	if (ktime_before(sim->next, now))
		sim->next = ktime_add_ns(now, max_t(u64, sim->period,
						    ktime_sub(now, began)));
	due = ktime_add_ns(sim->next, sim_jitter(sim));
	hrtimer_set_expires(timer, due);
	return HRTIMER_RESTART;
}

static int sim_thread(void *data)
{
	struct irqlink_sim *sim = data;

	sched_set_fifo(current);
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		/* Pairs with the release in sim_post(). */
		if (!smp_load_acquire(&sim->pending)) {
			if (!kthread_should_stop())
				schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		WRITE_ONCE(sim->pending, false);
		/* What is posted from here on sets it again. */
		smp_mb();
		irqlink_thread_fn(0, sim->src);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* Hard IRQ: in sim_expired(). */
static void sim_mask(void *priv)
{
	struct irqlink_sim *sim = priv;

	atomic_inc(&sim->masked);
}

/* Process context. */
static void sim_unmask(void *priv)
{
	struct irqlink_sim *sim = priv;

	atomic_dec(&sim->masked);
}

static const struct irqlink_kind sim_kind;

static const struct irqlink_source_ops sim_ops = {
	.mask = sim_mask,
	.unmask = sim_unmask,
};

/* Take the description over, or say what is wrong with it. */
static int sim_configure(struct irqlink_sim *sim, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	u64 jitter = 0;

	if (!attrs[IRQLINK_A_SIM_PERIOD]) {
		NL_SET_ERR_MSG(extack, "give the period");
		return -EINVAL;
	}
	sim->period = nla_get_u64(attrs[IRQLINK_A_SIM_PERIOD]);
	if (sim->period < MIN_PERIOD_NS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[IRQLINK_A_SIM_PERIOD],
				    "the period must be at least 10 us");
		return -ERANGE;
	}
	if (sim->period > MAX_PERIOD_NS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[IRQLINK_A_SIM_PERIOD],
				    "the period must be at most 1000 days");
		return -ERANGE;
	}

	if (attrs[IRQLINK_A_SIM_JITTER])
		jitter = nla_get_u64(attrs[IRQLINK_A_SIM_JITTER]);
	if (jitter >= sim->period || jitter > U32_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[IRQLINK_A_SIM_JITTER],
				    "the jitter must be below the period, and below 4 s");
		return -ERANGE;
	}
	sim->jitter = jitter;

	sim->burst = attrs[IRQLINK_A_SIM_BURST] ?
		     nla_get_u32(attrs[IRQLINK_A_SIM_BURST]) : 1;
	if (!sim->burst || sim->burst > MAX_BURST) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[IRQLINK_A_SIM_BURST],
				    "a burst has 1 to 1024 events");
		return -ERANGE;
	}
	sim->left = attrs[IRQLINK_A_SIM_COUNT] ?
		    nla_get_u64(attrs[IRQLINK_A_SIM_COUNT]) : U64_MAX;
	if (attrs[IRQLINK_A_SIM_PAYLOAD])
		sim->payload = nla_get_u64(attrs[IRQLINK_A_SIM_PAYLOAD]);
	return 0;
}

/* The source, and the thread that delivers for it if it is asked to. */
static int sim_register(struct irqlink_sim *sim, const char *name)
{
	const struct irqlink_source_desc desc = {
		.name = name,
		.stem = "sim",
		.driver = KBUILD_MODNAME,
		.ops = &sim_ops,
		.priv = sim,
		.kind = &sim_kind,
	};

	sim->src = irqlink_source_register(&desc);
	if (IS_ERR(sim->src))
		return PTR_ERR(sim->src);

	sim->thread = kthread_run(sim_thread, sim, "irqlink/%s",
				  irqlink_source_label(sim->src));
	if (IS_ERR(sim->thread)) {
		irqlink_source_detach(sim->src);
		irqlink_source_unregister(sim->src);
		return PTR_ERR(sim->thread);
	}
	return 0;
}

static void sim_start(struct irqlink_sim *sim)
{
	prandom_seed_state(&sim->random, ktime_get_ns());
	sim->next = ktime_add_ns(ktime_get(), sim->period);
	hrtimer_init(&sim->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	sim->timer.function = sim_expired;
	if (sim->left)
		hrtimer_start(&sim->timer,
			      ktime_add_ns(sim->next, sim_jitter(sim)),
			      HRTIMER_MODE_ABS_HARD);
}

static struct irqlink_source *sim_add(const char *name, struct nlattr **attrs,
				      struct netlink_ext_ack *extack)
{
	struct irqlink_sim *sim;
	int ret;

	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return ERR_PTR(-ENOMEM);

	ret = sim_configure(sim, attrs, extack);
	if (!ret)
		ret = sim_register(sim, name);
	if (ret) {
		kfree(sim);
		return ERR_PTR(ret);
	}
	sim_start(sim);
	return irqlink_source_get(sim->src);
}

static void sim_remove(struct irqlink_source *src)
{
	struct irqlink_sim *sim = irqlink_source_priv(src);

	irqlink_source_detach(src);
	hrtimer_cancel(&sim->timer);
	kthread_stop(sim->thread);
	irqlink_source_unregister(src);
	kfree(sim);
}

static const struct irqlink_kind sim_kind = {
	.attr = IRQLINK_A_SOURCE_SIM,
	.policy = sim_policy,
	.maxattr = ARRAY_SIZE(sim_policy) - 1,
	.add = sim_add,
	.remove = sim_remove,
};

static int __init irqlink_sim_init(void)
{
	return irqlink_kind_register(&sim_kind);
}

static void __exit irqlink_sim_exit(void)
{
	irqlink_kind_unregister(&sim_kind);
}

module_init(irqlink_sim_init);
module_exit(irqlink_sim_exit);

MODULE_DESCRIPTION("irqlink: simulated sources");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IRQLINK_VERSION);
