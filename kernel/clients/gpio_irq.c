// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: the interrupt of a GPIO line, from the edge to the record.
 *
 * What runs where:
 *   the interrupt is a real one, the edge is known or the level can be read
 *   at once: all in hard IRQ;
 *   both edges, and reading the level sleeps, or may on PREEMPT_RT, where a
 *   controller's locks do: the stamp in hard IRQ, the record in the thread,
 *   which reads the level to see that it missed none;
 *   the interrupt itself comes from a thread, as behind an I2C expander: all
 *   in the thread, and the record says so;
 *   the line is debounced in software: see gpio_debounce.c.
 */
#include <linux/delay.h>
#include <linux/gpio/consumer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/kfifo.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "gpio.h"
#include "uapi/irqlink.h"
#include "uapi/irqlink_netlink.h"

/* An interrupt that comes no sooner after its edge does not come at all. */
#define LATE_MS	10

/**
 * irqlink_gpio_event() - describe an edge
 * @p: line
 * @time_ns: when it came
 * @level: after it
 *
 * Return: the event.
 */
struct irqlink_event irqlink_gpio_event(const struct irqlink_gpio *p,
					u64 time_ns, bool level)
{
	return (struct irqlink_event) {
		.time_ns = time_ns,
		.flags = level ? IRQLINK_RECORD_RISING : IRQLINK_RECORD_FALLING,
		.status = level,
		.payload = { p->offset },
	};
}

/* With one edge asked for, the level after it is known. */
static bool gpio_is_single(const struct irqlink_gpio *p)
{
	return p->edges != (IRQLINK_EDGE_RISING | IRQLINK_EDGE_FALLING);
}

/* In the handler, or the thread. */
static void gpio_mask(void *priv)
{
	struct irqlink_gpio *p = priv;

	disable_irq_nosync(p->irq);
}

/* Process context. */
static void gpio_unmask(void *priv)
{
	struct irqlink_gpio *p = priv;

	WRITE_ONCE(p->was_masked, true);
	if (irqlink_gpio_has_irq(p->line, p->irq))
		enable_irq(p->irq);
	/* An edge that came meanwhile may have been forgotten. */
	if (irqlink_gpio_is_debounced(p))
		irqlink_gpio_bounce(p->irq, p->src);
}

const struct irqlink_source_ops irqlink_gpio_ops = {
	.mask = gpio_mask,
	.unmask = gpio_unmask,
};

/*
 * Keep the stamp for the thread. With the last room for one the interrupt is
 * masked until there is room again.
 */
static irqreturn_t gpio_defer(struct irqlink_gpio *p, u64 now)
{
	WRITE_ONCE(p->stamp_flags, irqlink_stamp_flags());
	kfifo_put(&p->stamps, now);
	if (kfifo_is_full(&p->stamps)) {
		gpio_mask(p);
		/* The thread, which this wakes, unmasks. */
		WRITE_ONCE(p->is_full, true);
	}
	return IRQ_WAKE_THREAD;
}

/* Hard IRQ, on PREEMPT_RT too (IRQF_NO_THREAD), if the controller's is. */
static irqreturn_t gpio_hardirq(int irq, void *data)
{
	u64 now = ktime_get_ns();
	struct irqlink_gpio *p = irqlink_source_priv(data);
	struct irqlink_event event;
	bool level;

	WRITE_ONCE(p->has_handler, true);
	if (p->deferred)
		return gpio_defer(p, now);

	level = gpio_is_single(p) ? p->edges == IRQLINK_EDGE_RISING :
				    gpiod_get_raw_value(p->line) > 0;
	event = irqlink_gpio_event(p, now, level);
	return irqlink_post(data, &event);
}

static void gpio_post_deferred(struct irqlink_gpio *p, u64 time_ns, u32 flags)
{
	struct irqlink_event event;

	p->level = !p->level;
	event = irqlink_gpio_event(p, time_ns, p->level);
	event.flags |= flags;
	irqlink_post_in_thread(p->src, &event);
}

/* Those that came while it was masked are one: it leads to the level now. */
static void gpio_begin_anew(struct irqlink_gpio *p)
{
	int level = gpiod_get_raw_value_cansleep(p->line);

	if (level >= 0)
		p->level = level ^ (kfifo_len(&p->stamps) & 1);
}

/*
 * Is the level another one than after the latest record? While the interrupt
 * is masked, it tells of that later.
 */
static bool gpio_has_moved(struct irqlink_gpio *p)
{
	struct irq_data *data = irq_get_irq_data(p->irq);
	int level;

	if (!data || irqd_irq_disabled(data))
		return false;
	level = gpiod_get_raw_value_cansleep(p->line);
	return level >= 0 && level != p->level;
}

/* Does an edge come that is older than its interrupt? Most come at once. */
static bool gpio_edge_follows(struct irqlink_gpio *p)
{
	ktime_t end = ktime_add_ms(ktime_get(), LATE_MS);

	while (kfifo_is_empty(&p->stamps) && ktime_before(ktime_get(), end))
		usleep_range(20, 50);
	return !kfifo_is_empty(&p->stamps);
}

/*
 * Edges alternate, so their directions are known: but for those that had no
 * interrupt of their own, as they came too soon after another. Is the level now
 * another one than after the last edge, and no interrupt comes, then there was
 * such an edge, seen here for the first time.
 */
static void gpio_deferred(struct irqlink_gpio *p)
{
	u64 stamp;

	do {
		if (xchg(&p->was_masked, false))
			gpio_begin_anew(p);
		while (kfifo_get(&p->stamps, &stamp))
			gpio_post_deferred(p, stamp, READ_ONCE(p->stamp_flags));
		irqlink_thread_fn(p->irq, p->src);
		if (xchg(&p->is_full, false))
			gpio_unmask(p);
		if (!gpio_has_moved(p))
			return;
	} while (gpio_edge_follows(p));

	if (gpio_has_moved(p))
		gpio_post_deferred(p, ktime_get_ns(), IRQLINK_RECORD_THREAD);
}

/* The interrupt came from another thread: this is the first that saw it. */
static void gpio_post_stamped_here(struct irqlink_gpio *p)
{
	u64 now = ktime_get_ns();
	struct irqlink_event event;
	bool level;

	level = gpio_is_single(p) ? p->edges == IRQLINK_EDGE_RISING :
				    gpiod_get_raw_value_cansleep(p->line) > 0;
	event = irqlink_gpio_event(p, now, level);
	event.flags |= IRQLINK_RECORD_THREAD;
	irqlink_post_in_thread(p->src, &event);
}

static irqreturn_t gpio_thread(int irq, void *data)
{
	struct irqlink_gpio *p = irqlink_source_priv(data);

	if (!READ_ONCE(p->has_handler))
		gpio_post_stamped_here(p);
	else if (p->deferred)
		gpio_deferred(p);
	return irqlink_thread_fn(irq, data);
}

static unsigned long gpio_trigger(u32 edges)
{
	unsigned long flags = 0;

	if (edges & IRQLINK_EDGE_RISING)
		flags |= IRQF_TRIGGER_RISING;
	if (edges & IRQLINK_EDGE_FALLING)
		flags |= IRQF_TRIGGER_FALLING;
	return flags;
}

/**
 * irqlink_gpio_request_irq() - edges become events from now on
 * @p: line with its source
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int irqlink_gpio_request_irq(struct irqlink_gpio *p)
{
	const char *label = irqlink_source_label(p->src);

	if (irqlink_gpio_is_debounced(p))
		/* Never returns IRQ_WAKE_THREAD: either is called. */
		return request_threaded_irq(p->irq, irqlink_gpio_bounce,
					    irqlink_gpio_bounce,
					    IRQF_NO_THREAD |
					    IRQF_TRIGGER_RISING |
					    IRQF_TRIGGER_FALLING,
					    label, p->src);

	INIT_KFIFO(p->stamps);
	p->deferred = !gpio_is_single(p) && (IS_ENABLED(CONFIG_PREEMPT_RT) ||
					     gpiod_cansleep(p->line));
	if (p->deferred)
		p->level = gpiod_get_raw_value_cansleep(p->line) > 0;
	return request_threaded_irq(p->irq, gpio_hardirq, gpio_thread,
				    IRQF_NO_THREAD | gpio_trigger(p->edges),
				    label, p->src);
}

/**
 * irqlink_gpio_free_irq() - no edge becomes an event any more
 * @p: line with its source, which is detached
 *
 * Context: process, may sleep.
 */
void irqlink_gpio_free_irq(struct irqlink_gpio *p)
{
	if (irqlink_gpio_has_irq(p->line, p->irq))
		free_irq(p->irq, p->src);
	irqlink_gpio_debounce_stop(p);
}
