/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the driver of GPIO lines and the making of lines at run time.
 */
#ifndef _IRQLINK_CLIENTS_GPIO_H
#define _IRQLINK_CLIENTS_GPIO_H

#include <linux/types.h>

struct irqlink_kind;
struct irqlink_source;

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

extern const struct irqlink_kind irqlink_gpio_kind;

void irqlink_gpio_unmake_all(void);

#endif /* _IRQLINK_CLIENTS_GPIO_H */
