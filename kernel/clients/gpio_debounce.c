// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: debouncing of GPIO lines in software, where the controller cannot.
 *
 * As the GPIO character device does it (drivers/gpio/gpiolib-cdev.c): each edge
 * starts a timer anew. Once it expires the level has been still for the whole
 * time, and if it is another one than before that is an event. Its time is
 * that of this look, in a thread, as reading a level may sleep; its trigger
 * time is that of the edge, which was the last one, in hard IRQ.
 */
#include <linux/container_of.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "gpio.h"
#include "uapi/irqlink.h"
#include "uapi/irqlink_netlink.h"

/**
 * irqlink_gpio_bounce() - the handler of a debounced line's interrupt
 * @irq: not used
 * @data: its source
 *
 * Context: hard IRQ, on PREEMPT_RT too; or the thread that the controller's
 * interrupts come from; or process, once it is unmasked, for an edge that it has
 * not seen: this is the edge's time then.
 * Return: IRQ_HANDLED.
 */
irqreturn_t irqlink_gpio_bounce(int irq, void *data)
{
	u64 now = ktime_get_ns();
	struct irqlink_gpio *p = irqlink_source_priv(data);
	struct irqlink_gpio_debounce *debounce = &p->debounce;
	unsigned long flags;

	raw_spin_lock_irqsave(&debounce->lock, flags);
	debounce->edge_ns = now;
	raw_spin_unlock_irqrestore(&debounce->lock, flags);
	hrtimer_start(&debounce->timer,
		      ns_to_ktime(now + debounce->period_ns),
		      HRTIMER_MODE_ABS_HARD);
	return IRQ_HANDLED;
}

/* Hard IRQ: the level can be read at no price here. */
static enum hrtimer_restart debounce_expired(struct hrtimer *timer)
{
	struct irqlink_gpio_debounce *debounce =
		container_of(timer, struct irqlink_gpio_debounce, timer);

	queue_work(system_highpri_wq, &debounce->look);
	return HRTIMER_NORESTART;
}

static u64 debounce_latest_edge(struct irqlink_gpio_debounce *debounce)
{
	unsigned long flags;
	u64 edge_ns;

	raw_spin_lock_irqsave(&debounce->lock, flags);
	edge_ns = debounce->edge_ns;
	raw_spin_unlock_irqrestore(&debounce->lock, flags);
	return edge_ns;
}

static void debounce_post(struct irqlink_gpio *p, u64 now, u64 edge_ns)
{
	struct irqlink_event event = irqlink_gpio_event(p, now, p->level);

	event.flags |= IRQLINK_RECORD_THREAD;
	event.trigger_ns = edge_ns;
	irqlink_post_in_thread(p->src, &event);
	irqlink_thread_fn(p->irq, p->src);
}

/* Has the line changed, and been still since? */
static void debounce_look(struct work_struct *work)
{
	struct irqlink_gpio *p = container_of(work, struct irqlink_gpio,
					      debounce.look);
	int level = gpiod_get_raw_value_cansleep(p->line);
	u64 edge_ns, now;

	/* In this order: an edge after the level was read is seen here. */
	edge_ns = debounce_latest_edge(&p->debounce);
	now = ktime_get_ns();
	/* Its timer will come. */
	if (now - edge_ns < p->debounce.period_ns)
		return;
	if (level < 0 || level == p->level)
		return;

	p->level = level;
	if (p->edges & (level ? IRQLINK_EDGE_RISING : IRQLINK_EDGE_FALLING))
		debounce_post(p, now, edge_ns);
}

/**
 * irqlink_gpio_debounce_setup() - debounce a line in software
 * @p: line, whose interrupt is not requested yet
 * @period_us: how long a level must be still
 *
 * Context: process, may sleep.
 * Return: 0, or why the level cannot be read.
 */
int irqlink_gpio_debounce_setup(struct irqlink_gpio *p, u32 period_us)
{
	struct irqlink_gpio_debounce *debounce = &p->debounce;
	int level = gpiod_get_raw_value_cansleep(p->line);

	if (level < 0)
		return level;
	p->level = level;
	debounce->period_ns = (u64)period_us * NSEC_PER_USEC;
	raw_spin_lock_init(&debounce->lock);
	INIT_WORK(&debounce->look, debounce_look);
	hrtimer_init(&debounce->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	debounce->timer.function = debounce_expired;
	return 0;
}

/**
 * irqlink_gpio_debounce_stop() - look at the line no more
 * @p: line, debounced in software or not, whose interrupt is freed
 *
 * Context: process, may sleep.
 */
void irqlink_gpio_debounce_stop(struct irqlink_gpio *p)
{
	if (!irqlink_gpio_is_debounced(p))
		return;
	hrtimer_cancel(&p->debounce.timer);
	cancel_work_sync(&p->debounce.look);
}
