// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: GPIO lines and their controllers.
 */
#include <linux/device.h>
#include <linux/kernel.h>

#include "compat.h"
#include "gpio.h"

/*
 * The device whose leaving takes the controller away: the nearest that has a
 * driver. A controller without any is not taken away by the driver core; then
 * its own device at least tells that it was.
 */
static struct device *chip_supplier(const struct irqlink_gpio *p)
{
	struct device *chip = irqlink_gpio_chip(p->line);
	struct device *dev;

	if (!chip)
		return NULL;
	for (dev = chip->parent; dev; dev = dev->parent)
		if (READ_ONCE(dev->driver))
			return dev;
	return READ_ONCE(chip->driver) ? chip : NULL;
}

/**
 * irqlink_gpio_follow_chip() - leave before the controller does
 * @dev: device of the line, in its probe
 * @p: line
 * @flags: DL_FLAG_*, what becomes of that when it left
 *
 * Context: process, may sleep.
 * Return: 0, or -EPROBE_DEFER if the controller is leaving now.
 */
int irqlink_gpio_follow_chip(struct device *dev, const struct irqlink_gpio *p,
			     u32 flags)
{
	struct device *supplier = chip_supplier(p);
	struct device_link *link;

	if (!supplier)
		return 0;
	link = device_link_add(dev, supplier, flags);
	if (!link)
		return -ENOMEM;
	/* Else the driver core would not tell, and complain of the link. */
	return READ_ONCE(link->status) == DL_STATE_CONSUMER_PROBE ?
	       0 : -EPROBE_DEFER;
}

/**
 * irqlink_gpio_name() - name a line for people
 * @p: line
 * @name: set to its controller and offset, as in gpiochip0:17
 * @size: of @name
 */
void irqlink_gpio_name(const struct irqlink_gpio *p, char *name, size_t size)
{
	struct device *chip = irqlink_gpio_chip(p->line);

	snprintf(name, size, "%s:%u", chip ? dev_name(chip) : "gpiochip",
		 p->offset);
}
