/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqlink: a GPIO line, as the files of its driver know it.
 */
#ifndef _IRQLINK_CLIENTS_GPIO_H
#define _IRQLINK_CLIENTS_GPIO_H

#include <linux/hrtimer.h>
#include <linux/irqreturn.h>
#include <linux/kfifo.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "irqlink.h"

struct device;
struct gpio_desc;

/**
 * struct irqlink_gpio_debounce - of a line, in software
 * @period_ns: how long a level must be still; 0 if this is not used
 * @lock: guards @edge_ns
 * @edge_ns: when the latest edge came
 * @timer: expires a period after it
 * @look: then looks at the level
 */
struct irqlink_gpio_debounce {
	u64 period_ns;
	raw_spinlock_t lock; /* edge_ns */
	u64 edge_ns;
	struct hrtimer timer;
	struct work_struct look;
};

/**
 * struct irqlink_gpio - a bound line
 * @src: its source
 * @line: the line
 * @irq: its interrupt
 * @offset: in its controller
 * @edges: IRQLINK_EDGE_*, which become events
 * @deferred: the thread makes the records
 * @has_handler: the handler has run, so the interrupt has one of its own
 * @level: after the latest record, if @deferred or debounced
 * @stamps: from the handler to the thread, if @deferred
 * @stamp_flags: IRQLINK_RECORD_* of @stamps
 * @is_full: the interrupt is masked, as @stamps has no room
 * @was_masked: so edges may have had no interrupt of their own
 * @debounce: in software, if the controller cannot
 */
struct irqlink_gpio {
	struct irqlink_source *src;
	struct gpio_desc *line;
	int irq;
	u32 offset;
	u32 edges;
	bool deferred;
	bool has_handler;
	bool level;
	DECLARE_KFIFO(stamps, u64, 256);
	u32 stamp_flags;
	int is_full;
	int was_masked;
	struct irqlink_gpio_debounce debounce;
};

/**
 * struct gpio_config - what is asked of a line
 * @name: of the source, or NULL
 * @edges: IRQLINK_EDGE_*
 * @debounce_us: 0 for none
 * @kind: if it is made at run time, else NULL
 */
struct gpio_config {
	const char *name;
	u32 edges;
	u32 debounce_us;
	const struct irqlink_kind *kind;
};

/**
 * struct gpio_request - a line that is being made at run time
 * @config: what is asked of it
 * @src: set by the probe, with a reference
 * @err: set by the probe
 * @why: what was wrong, for people; set by the probe
 *
 * The platform data of the device is a pointer to this, while it is made.
 */
struct gpio_request {
	struct gpio_config config;
	struct irqlink_source *src;
	int err;
	const char *why;
};

/* gpio_made.c */
extern const struct irqlink_kind irqlink_gpio_kind;
void irqlink_gpio_unmake_all(void);

/* gpio_chip.c */
int irqlink_gpio_follow_chip(struct device *dev, const struct irqlink_gpio *p,
			     u32 flags);
void irqlink_gpio_name(const struct irqlink_gpio *p, char *name, size_t size);

/* gpio_irq.c */
extern const struct irqlink_source_ops irqlink_gpio_ops;
struct irqlink_event irqlink_gpio_event(const struct irqlink_gpio *p,
					u64 time_ns, bool level);
int irqlink_gpio_request_irq(struct irqlink_gpio *p);
void irqlink_gpio_free_irq(struct irqlink_gpio *p);

/* gpio_debounce.c */
irqreturn_t irqlink_gpio_bounce(int irq, void *data);
int irqlink_gpio_debounce_setup(struct irqlink_gpio *p, u32 period_us);
void irqlink_gpio_debounce_stop(struct irqlink_gpio *p);

/* Is it debounced in software? */
static inline bool irqlink_gpio_is_debounced(const struct irqlink_gpio *p)
{
	return p->debounce.period_ns;
}

#endif /* _IRQLINK_CLIENTS_GPIO_H */
