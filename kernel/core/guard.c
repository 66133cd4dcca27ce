// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard.
 *
 * The handler masks before it appends the record, so that whoever acknowledges
 * what it has read finds the interrupt masked. Unmasking is for process
 * context: a controller behind a slow bus sleeps for it.
 */
#include <linux/bitops.h>
#include <linux/interrupt.h>
#include <linux/srcu.h>
#include <linux/time64.h>

#include "guard.h"
#include "source.h"

/*
 * A window of counting is so long that a burst which the log holds is no storm,
 * and so short that the CPU is saved: for a low limit a second, as no tenth of
 * it is exact and so few interrupts harm nobody.
 */
#define LOW_LIMIT	1000
#define WINDOWS_PER_SEC	10

/* Handlers that act on what they read of the settings. */
DEFINE_STATIC_SRCU(handlers);

enum {
	GUARD_ACK,
	GUARD_STORM,
};

static void guard_mask(struct irqlink_source *src)
{
	if (src->ops->mask)
		src->ops->mask(src->priv);
	else
		disable_irq_nosync(src->irq);
}

/*
 * Process context. 0, -ENODEV if the driver has left, so that there is nothing to
 * unmask, or -EALREADY if it is not masked.
 */
static int guard_unmask(struct irqlink_source *src, int why)
{
	int ret = 0;

	mutex_lock(&src->ops_lock);
	if (!src->attached)
		ret = -ENODEV;
	else if (!test_and_clear_bit(why, &src->guard.masked))
		ret = -EALREADY;
	else if (src->ops->unmask)
		src->ops->unmask(src->priv);
	else
		enable_irq(src->irq);
	mutex_unlock(&src->ops_lock);
	return ret;
}

static void guard_pause_over(struct work_struct *work)
{
	guard_unmask(container_of(to_delayed_work(work), struct irqlink_source,
				  guard.unmask), GUARD_STORM);
}

/* Has this interrupt exceeded the limit? After the pause it counts anew. */
static bool guard_storms(struct irqlink_guard *guard, u64 now)
{
	u32 limit = READ_ONCE(guard->limit);
	u32 windows = limit < LOW_LIMIT ? 1 : WINDOWS_PER_SEC;

	if (!limit)
		return false;
	if (now - guard->window >= NSEC_PER_SEC / windows) {
		guard->window = now;
		guard->count = 0;
	}
	if (++guard->count <= limit / windows)
		return false;
	guard->count = 0;
	return true;
}

static u32 guard_mask_storm(struct irqlink_source *src, u64 now)
{
	struct irqlink_guard *guard = &src->guard;

	if (!guard_storms(guard, now) || test_bit(GUARD_STORM, &guard->masked))
		return 0;
	guard_mask(src);
	set_bit(GUARD_STORM, &guard->masked);
	WRITE_ONCE(guard->storms, guard->storms + 1);
	/* The work of a pause that was cut short may still be queued. */
	mod_delayed_work(irqlink_wq, &guard->unmask,
			 msecs_to_jiffies(READ_ONCE(guard->pause_ms)));
	return IRQLINK_RECORD_STORM;
}

static u32 guard_mask_until_ack(struct irqlink_source *src)
{
	struct irqlink_guard *guard = &src->guard;

	if (READ_ONCE(guard->mode) != IRQLINK_MODE_UNTIL_ACK ||
	    test_bit(GUARD_ACK, &guard->masked))
		return 0;
	guard_mask(src);
	set_bit(GUARD_ACK, &guard->masked);
	return IRQLINK_RECORD_MASKED;
}

/**
 * irqlink_guard_check() - mask the interrupt if it is to be
 * @src: source
 * @now: time of the interrupt, in ns
 *
 * Context: the source's interrupt handler, one call at a time.
 * Return: flags for the record: IRQLINK_RECORD_MASKED, IRQLINK_RECORD_STORM.
 */
u32 irqlink_guard_check(struct irqlink_source *src, u64 now)
{
	int handler = srcu_read_lock(&handlers);
	u32 flags = guard_mask_storm(src, now) | guard_mask_until_ack(src);

	srcu_read_unlock(&handlers, handler);
	return flags;
}

/**
 * irqlink_guard_ack() - a consumer has dealt with the interrupt
 * @src: source
 *
 * Context: process, may sleep.
 * Return: 0, -ENODEV if the device has left, or -EALREADY if it does not wait
 * for that.
 */
int irqlink_guard_ack(struct irqlink_source *src)
{
	return guard_unmask(src, GUARD_ACK);
}

/**
 * irqlink_guard_set() - change the mode and the limit
 * @src: source
 * @mode: enum irqlink_mode, or NULL to leave it
 * @limit: interrupts a second, 0 for no limit, or NULL to leave it
 * @pause_ms: how long a storm is masked, or NULL to leave it
 *
 * A new limit or pause ends a pause.
 *
 * Context: process, may sleep.
 */
void irqlink_guard_set(struct irqlink_source *src, const u32 *mode,
		       const u32 *limit, const u32 *pause_ms)
{
	struct irqlink_guard *guard = &src->guard;

	if (mode)
		WRITE_ONCE(guard->mode, *mode);
	if (limit)
		WRITE_ONCE(guard->limit, *limit);
	if (pause_ms)
		WRITE_ONCE(guard->pause_ms, *pause_ms);
	/* What handlers do by the old settings is done, and seen below. */
	synchronize_srcu(&handlers);

	/* Nobody would acknowledge it any more. */
	if (READ_ONCE(guard->mode) != IRQLINK_MODE_UNTIL_ACK)
		guard_unmask(src, GUARD_ACK);
	if (limit || pause_ms)
		guard_unmask(src, GUARD_STORM);
}

/**
 * irqlink_guard_setup() - set up the guard of a new source
 * @src: source
 */
void irqlink_guard_setup(struct irqlink_source *src)
{
	src->guard.pause_ms = IRQLINK_STORM_PAUSE_MS;
	INIT_DELAYED_WORK(&src->guard.unmask, guard_pause_over);
}

/**
 * irqlink_guard_stop() - the source's interrupt has been freed
 * @src: source
 *
 * Context: process, may sleep.
 */
void irqlink_guard_stop(struct irqlink_source *src)
{
	cancel_delayed_work_sync(&src->guard.unmask);
}
