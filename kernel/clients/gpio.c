// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: lines of GPIO controllers.
 *
 * A line comes from the device tree (compatible "irqlink,gpio", described in
 * docs/irqlink,gpio.yaml), or is made at run time (gpio_made.c), as a platform
 * device that this driver binds to at once. Either way it is a consumer of its controller
 * in the device model: the controller's leaving removes the source first.
 *
 *   gpio.c            binding to a line
 *   gpio_made.c       lines that are made at run time
 *   gpio_chip.c       the line's controller
 *   gpio_irq.c        from the edge to the record
 *   gpio_debounce.c   debouncing in software
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gpio/consumer.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "compat.h"
#include "gpio.h"
#include "irqlink.h"
#include "uapi/irqlink.h"
#include "uapi/irqlink_netlink.h"

#define DEBOUNCE_MAX_US	(10 * USEC_PER_SEC)

static const char *gpio_why_no_line(int err)
{
	switch (err) {
	case -EPROBE_DEFER:
	case -ENOENT:
		return "no such GPIO controller or line";
	case -EBUSY:
		return "the line is in use by someone else";
	case -EINVAL:
		return "the controller has no line with this offset";
	default:
		return "the line cannot be had";
	}
}

/* Ask for the line, as an input. */
static int gpio_get_line(struct device *dev, struct irqlink_gpio *p,
			 const char **why)
{
	p->line = devm_gpiod_get(dev, NULL, GPIOD_IN);
	if (IS_ERR(p->line)) {
		*why = gpio_why_no_line(PTR_ERR(p->line));
		return PTR_ERR(p->line);
	}

	p->offset = irqlink_gpio_offset(p->line);
	p->irq = gpiod_to_irq(p->line);
	if (p->irq < 0) {
		*why = "the line has no interrupt";
		return p->irq;
	}
	return 0;
}

/* By the controller if it can, else in software. */
static int gpio_debounce(struct irqlink_gpio *p, u32 period_us,
			 const char **why)
{
	int ret;

	if (!period_us)
		return 0;
	if (period_us > DEBOUNCE_MAX_US) {
		*why = "the debounce time must be at most 10 s";
		return -ERANGE;
	}
	if (!gpiod_set_debounce(p->line, period_us))
		return 0;
	ret = irqlink_gpio_debounce_setup(p, period_us);
	if (ret)
		*why = "the line's level cannot be read";
	return ret;
}

static const char *gpio_why_no_source(int err)
{
	switch (err) {
	case -EEXIST:
		return "the name is taken";
	case -EINVAL:
		return IRQLINK_NAME_RULE;
	default:
		return "the source cannot be registered";
	}
}

static int gpio_add_source(struct device *dev, struct irqlink_gpio *p,
			   const struct gpio_config *config, const char **why)
{
	char name[sizeof("gpiochip4294967295:4294967295")];
	const struct irqlink_source_desc desc = {
		.name = config->name,
		.stem = "gpio",
		.driver = KBUILD_MODNAME,
		.device = name,
		.parent = dev,
		.irq = p->irq,
		.ops = &irqlink_gpio_ops,
		.priv = p,
		.kind = config->kind,
	};
	int ret;

	irqlink_gpio_name(p, name, sizeof(name));
	p->src = irqlink_source_register(&desc);
	if (IS_ERR(p->src)) {
		*why = gpio_why_no_source(PTR_ERR(p->src));
		return PTR_ERR(p->src);
	}

	ret = irqlink_gpio_request_irq(p);
	if (ret) {
		*why = "the controller cannot interrupt at these edges";
		irqlink_source_detach(p->src);
		irqlink_source_unregister(p->src);
	}
	return ret;
}

/* Process context: before the line is given back, which was had earlier. */
static void gpio_leave(void *data)
{
	struct irqlink_gpio *p = data;

	irqlink_source_detach(p->src);
	irqlink_gpio_free_irq(p);
	irqlink_source_unregister(p->src);
}

static int gpio_setup(struct platform_device *pdev,
		      const struct gpio_config *config, const char **why)
{
	struct device *dev = &pdev->dev;
	struct irqlink_gpio *p;
	int ret;

	p = devm_kzalloc(dev, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->edges = config->edges;

	ret = gpio_get_line(dev, p, why);
	if (ret)
		return ret;
	*why = "the controller is leaving";
	/* A line of the device tree comes back with its controller. */
	ret = irqlink_gpio_follow_chip(dev, p, config->kind ?
				       DL_FLAG_AUTOREMOVE_CONSUMER :
				       DL_FLAG_AUTOPROBE_CONSUMER);
	if (ret)
		return ret;
	ret = gpio_debounce(p, config->debounce_us, why);
	if (ret)
		return ret;

	platform_set_drvdata(pdev, p);
	ret = gpio_add_source(dev, p, config, why);
	if (ret)
		return ret;
	*why = "not enough memory";
	return devm_add_action_or_reset(dev, gpio_leave, p);
}

/* A line of the device tree. */
static int gpio_read_config(struct device *dev, struct gpio_config *config)
{
	const char *edge = "both";

	device_property_read_string(dev, "label", &config->name);
	device_property_read_u32(dev, "debounce-delay-us",
				 &config->debounce_us);
	device_property_read_string(dev, "irqlink,edge", &edge);

	if (!strcmp(edge, "rising"))
		config->edges = IRQLINK_EDGE_RISING;
	else if (!strcmp(edge, "falling"))
		config->edges = IRQLINK_EDGE_FALLING;
	else if (!strcmp(edge, "both"))
		config->edges = IRQLINK_EDGE_RISING | IRQLINK_EDGE_FALLING;
	else
		return dev_err_probe(dev, -EINVAL,
				     "irqlink,edge is not rising, falling or both\n");
	return 0;
}

/* A line that is being made at run time; NULL if it was made long ago. */
static int gpio_probe_request(struct platform_device *pdev,
			      struct gpio_request *request)
{
	struct irqlink_gpio *p;

	if (!request)
		return -ENODEV;

	request->why = "not enough memory";
	request->err = gpio_setup(pdev, &request->config, &request->why);
	/* Not later, either: the person is told now. */
	if (request->err == -EPROBE_DEFER)
		request->err = -ENODEV;
	if (!request->err) {
		p = platform_get_drvdata(pdev);
		request->src = irqlink_source_get(p->src);
	}
	return request->err;
}

static int gpio_probe(struct platform_device *pdev)
{
	struct gpio_request **request = dev_get_platdata(&pdev->dev);
	const char *why = "not enough memory";
	struct gpio_config config = { };
	int ret;

	if (request)
		return gpio_probe_request(pdev, *request);

	ret = gpio_read_config(&pdev->dev, &config);
	if (ret)
		return ret;
	ret = gpio_setup(pdev, &config, &why);
	return ret ? dev_err_probe(&pdev->dev, ret, "%s\n", why) : 0;
}

static const struct of_device_id gpio_of_match[] = {
	{ .compatible = "irqlink,gpio" },
	{ }
};
MODULE_DEVICE_TABLE(of, gpio_of_match);

static struct platform_driver gpio_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = gpio_of_match,
		/* gpio_make() wants the outcome at once. */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
	.probe = gpio_probe,
};

static int __init irqlink_gpio_init(void)
{
	int ret;

	ret = platform_driver_register(&gpio_driver);
	if (ret)
		return ret;
	ret = irqlink_kind_register(&irqlink_gpio_kind);
	if (ret)
		platform_driver_unregister(&gpio_driver);
	return ret;
}

static void __exit irqlink_gpio_exit(void)
{
	irqlink_gpio_unmake_all();
	platform_driver_unregister(&gpio_driver);
}

module_init(irqlink_gpio_init);
module_exit(irqlink_gpio_exit);

MODULE_DESCRIPTION("irqlink: GPIO lines as sources");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IRQLINK_VERSION);
