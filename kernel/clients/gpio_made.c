// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: GPIO lines that are made at run time.
 *
 * Each is a platform device of its own, with a look-up table that tells the
 * GPIO subsystem which line it means. The driver (gpio.c) binds to it while it
 * is added, and leaves what came of that in the request.
 */
#include <linux/err.h>
#include <linux/gpio/machine.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "gpio.h"
#include "irqlink.h"
#include "uapi/irqlink_netlink.h"

#define LABEL_MAX	63

/**
 * struct gpio_made - a line that was made at run time
 * @node: in the list of all
 * @pdev: its device
 * @src: its source, to be compared with only: it may have left
 * @lookup: tells the GPIO subsystem what line @pdev means
 *
 * All of it is under the core's lock of kinds.
 */
struct gpio_made {
	struct list_head node;
	struct platform_device *pdev;
	const struct irqlink_source *src;
	struct gpiod_lookup_table *lookup;
};

static LIST_HEAD(all_made);
static int last_number;

/* U16_MAX would say that the key is the name of a line. Not const, for 6.1. */
static struct netlink_range_validation offset_range = {
	.max = U16_MAX - 1,
};

static const struct nla_policy gpio_policy[IRQLINK_A_GPIO_DEBOUNCE + 1] = {
	[IRQLINK_A_GPIO_CHIP] = { .type = NLA_NUL_STRING, .len = LABEL_MAX },
	[IRQLINK_A_GPIO_OFFSET] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &offset_range),
	[IRQLINK_A_GPIO_LINE] = { .type = NLA_NUL_STRING, .len = LABEL_MAX },
	[IRQLINK_A_GPIO_EDGES] =
		NLA_POLICY_RANGE(NLA_U32, IRQLINK_EDGE_RISING,
				 IRQLINK_EDGE_RISING | IRQLINK_EDGE_FALLING),
	[IRQLINK_A_GPIO_DEBOUNCE] = { .type = NLA_U32 },
};

/* The table of a device; its strings stand behind it. */
static struct gpiod_lookup_table *lookup_new(struct nlattr **attrs,
					     struct platform_device *pdev)
{
	struct nlattr *line = attrs[IRQLINK_A_GPIO_LINE];
	const char *key = nla_data(line ?: attrs[IRQLINK_A_GPIO_CHIP]);
	struct gpiod_lookup_table *lookup;
	size_t size = struct_size(lookup, table, 2);
	u16 offset = U16_MAX; /* the key is the name of a line */
	char *strings;

	if (!line)
		offset = nla_get_u32(attrs[IRQLINK_A_GPIO_OFFSET]);

	lookup = kzalloc(size + LABEL_MAX + 1 + LABEL_MAX + 1, GFP_KERNEL);
	if (!lookup)
		return NULL;

	strings = (char *)lookup + size;
	strscpy(strings, key, LABEL_MAX + 1);
	snprintf(strings + LABEL_MAX + 1, LABEL_MAX + 1, "%s.%d", pdev->name,
		 pdev->id);
	lookup->table[0] = GPIO_LOOKUP(strings, offset, NULL, GPIO_ACTIVE_HIGH);
	lookup->dev_id = strings + LABEL_MAX + 1;
	return lookup;
}

/* Add the device, which binds the driver, and see what came of that. */
static int made_add(struct gpio_made *line, struct gpio_request *request)
{
	struct gpio_request **data;
	int ret;

	ret = platform_device_add_data(line->pdev, &request, sizeof(request));
	if (ret)
		return ret;

	gpiod_add_lookup_table(line->lookup);
	request->err = -ENODEV;
	request->why = "the driver did not bind";
	ret = platform_device_add(line->pdev);
	/* The request ends here; whoever binds later finds none. */
	device_lock(&line->pdev->dev);
	data = dev_get_platdata(&line->pdev->dev);
	*data = NULL;
	device_unlock(&line->pdev->dev);
	if (!ret && request->err) {
		ret = request->err;
		platform_device_del(line->pdev);
	}
	if (ret)
		gpiod_remove_lookup_table(line->lookup);
	return ret;
}

static struct gpio_made *made_new(struct nlattr **attrs)
{
	struct gpio_made *line;

	line = kzalloc(sizeof(*line), GFP_KERNEL);
	if (!line)
		return NULL;

	line->pdev = platform_device_alloc(KBUILD_MODNAME, last_number++);
	if (!line->pdev)
		goto err_line;
	line->lookup = lookup_new(attrs, line->pdev);
	if (!line->lookup)
		goto err_device;
	return line;

err_device:
	platform_device_put(line->pdev);
err_line:
	kfree(line);
	return NULL;
}

static void unmake(struct gpio_made *line)
{
	list_del(&line->node);
	/* The driver leaves, unless the controller's leaving made it. */
	platform_device_unregister(line->pdev);
	gpiod_remove_lookup_table(line->lookup);
	kfree(line->lookup);
	kfree(line);
}

/* Lines whose controller has left are of no use any more. */
static void sweep(void)
{
	struct gpio_made *line, *next;

	list_for_each_entry_safe(line, next, &all_made, node)
		if (!READ_ONCE(line->pdev->dev.driver))
			unmake(line);
}

static int check(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	bool by_offset = attrs[IRQLINK_A_GPIO_CHIP] &&
			 attrs[IRQLINK_A_GPIO_OFFSET];

	if (by_offset == !!attrs[IRQLINK_A_GPIO_LINE]) {
		NL_SET_ERR_MSG(extack,
			       "give the line's name, or its chip and offset");
		return -EINVAL;
	}
	if (!attrs[IRQLINK_A_GPIO_EDGES]) {
		NL_SET_ERR_MSG(extack, "give the edges");
		return -EINVAL;
	}
	return 0;
}

static struct irqlink_source *gpio_add(const char *name, struct nlattr **attrs,
				       struct netlink_ext_ack *extack)
{
	struct gpio_request request = {
		.config.name = name,
		.config.kind = &irqlink_gpio_kind,
	};
	struct gpio_made *line;
	int ret;

	sweep();
	ret = check(attrs, extack);
	if (ret)
		return ERR_PTR(ret);

	request.config.edges = nla_get_u32(attrs[IRQLINK_A_GPIO_EDGES]);
	if (attrs[IRQLINK_A_GPIO_DEBOUNCE])
		request.config.debounce_us =
			nla_get_u32(attrs[IRQLINK_A_GPIO_DEBOUNCE]);

	line = made_new(attrs);
	if (!line)
		return ERR_PTR(-ENOMEM);

	ret = made_add(line, &request);
	if (ret) {
		/* A string literal of the driver's, as the extack wants. */
		if (extack)
			extack->_msg = request.why;
		platform_device_put(line->pdev);
		kfree(line->lookup);
		kfree(line);
		return ERR_PTR(ret);
	}

	line->src = request.src;
	list_add_tail(&line->node, &all_made);
	return request.src;
}

static void gpio_remove(struct irqlink_source *src)
{
	struct gpio_made *line, *next;

	list_for_each_entry_safe(line, next, &all_made, node)
		if (line->src == src)
			unmake(line);
}

const struct irqlink_kind irqlink_gpio_kind = {
	.attr = IRQLINK_A_SOURCE_GPIO,
	.policy = gpio_policy,
	.maxattr = ARRAY_SIZE(gpio_policy) - 1,
	.add = gpio_add,
	.remove = gpio_remove,
};

/**
 * irqlink_gpio_unmake_all() - the module leaves
 *
 * Context: process, may sleep.
 */
void irqlink_gpio_unmake_all(void)
{
	struct gpio_made *line, *next;

	/* Removes those whose source is there; no more are made. */
	irqlink_kind_unregister(&irqlink_gpio_kind);
	/* The controller of these has left, or is just leaving. */
	list_for_each_entry_safe(line, next, &all_made, node)
		unmake(line);
}
