// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: lines of GPIO controllers.
 *
 * A line comes from the device tree (compatible "irqlink,gpio", described in
 * docs/irqlink,gpio.yaml), or is made at run time (gpio_made.c), as a platform
 * device that this driver binds to at once. Either way it is a consumer of its controller
 * in the device model: the controller's leaving removes the source first.
 *
 * What runs where:
 *   the interrupt is a real one, the edge is known or the level can be read
 *   at once: all in hard IRQ;
 *   both edges, and reading the level sleeps: the stamp in hard IRQ, the
 *   record in the thread, after the level was read;
 *   the interrupt itself comes from a thread, as behind an I2C expander: all
 *   in the thread, and the record says so.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/interrupt.h>
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "gpio.h"
#include "irqlink.h"
#include "uapi/irqlink.h"
#include "uapi/irqlink_netlink.h"

/**
 * struct irqlink_gpio - a bound line
 * @src: its source
 * @line: the line
 * @irq: its interrupt
 * @offset: in its controller
 * @edges: IRQLINK_EDGE_*
 * @deferred: the level is read in the thread
 * @in_hardirq: the handler has run, so the interrupt is a real one
 * @stamps: from the handler to the thread, if @deferred
 */
struct irqlink_gpio {
	struct irqlink_source *src;
	struct gpio_desc *line;
	int irq;
	u32 offset;
	u32 edges;
	bool deferred;
	bool in_hardirq;
	DECLARE_KFIFO(stamps, u64, 256);
};

static struct irqlink_event gpio_event(const struct irqlink_gpio *p,
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

/* Hard IRQ, on PREEMPT_RT too (IRQF_NO_THREAD). */
static irqreturn_t gpio_hardirq(int irq, void *data)
{
	u64 now = ktime_get_ns();
	struct irqlink_gpio *p = irqlink_source_priv(data);
	struct irqlink_event event;
	bool level;

	WRITE_ONCE(p->in_hardirq, true);
	if (p->deferred) {
		/* If it is full the thread makes one record of several. */
		kfifo_put(&p->stamps, now);
		return IRQ_WAKE_THREAD;
	}

	level = gpio_is_single(p) ? p->edges == IRQLINK_EDGE_RISING :
				    gpiod_get_raw_value(p->line);
	event = gpio_event(p, now, level);
	return irqlink_post(data, &event);
}

/*
 * The thread has the level now, and the stamps of all edges since it last
 * looked. Edges alternate: the newest led to this level.
 */
static void gpio_post_deferred(struct irqlink_gpio *p)
{
	struct irqlink_event event;
	unsigned int n;
	bool level;
	u64 stamp;

	do {
		n = kfifo_len(&p->stamps);
		level = gpiod_get_raw_value_cansleep(p->line) > 0;
		/* An edge in between: was the level read before or after? */
	} while (n != kfifo_len(&p->stamps));

	while (n-- && kfifo_get(&p->stamps, &stamp)) {
		event = gpio_event(p, stamp, level ^ (n & 1));
		irqlink_post_in_thread(p->src, &event);
	}
}

/* The interrupt came from another thread: this is the first that saw it. */
static void gpio_post_stamped_here(struct irqlink_gpio *p)
{
	u64 now = ktime_get_ns();
	struct irqlink_event event;
	bool level;

	level = gpio_is_single(p) ? p->edges == IRQLINK_EDGE_RISING :
				    gpiod_get_raw_value_cansleep(p->line) > 0;
	event = gpio_event(p, now, level);
	event.flags |= IRQLINK_RECORD_THREAD;
	irqlink_post_in_thread(p->src, &event);
}

static irqreturn_t gpio_thread(int irq, void *data)
{
	struct irqlink_gpio *p = irqlink_source_priv(data);

	if (!READ_ONCE(p->in_hardirq))
		gpio_post_stamped_here(p);
	else if (p->deferred)
		gpio_post_deferred(p);
	return irqlink_thread_fn(irq, data);
}

static const struct irqlink_source_ops gpio_ops;

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

/* Ask for the line, as an input with the debounce time. */
static int gpio_get_line(struct device *dev, struct irqlink_gpio *p,
			 u32 debounce_us, const char **why)
{
	int ret;

	p->line = devm_gpiod_get(dev, NULL, GPIOD_IN);
	if (IS_ERR(p->line)) {
		*why = gpio_why_no_line(PTR_ERR(p->line));
		return PTR_ERR(p->line);
	}

	if (debounce_us) {
		ret = gpiod_set_debounce(p->line, debounce_us);
		if (ret) {
			*why = "the controller cannot debounce so";
			/* ENOTSUPP is not for programs. */
			return ret == -ENOTSUPP ? -EOPNOTSUPP : ret;
		}
	}

	p->irq = gpiod_to_irq(p->line);
	if (p->irq < 0) {
		*why = "the line has no interrupt";
		return p->irq;
	}
	return 0;
}

/* Leave before the controller does. */
static int gpio_follow_controller(struct device *dev, struct irqlink_gpio *p)
{
	struct gpio_chip *chip = gpiod_to_chip(p->line);

	p->offset = desc_to_gpio(p->line) - chip->base;
	if (!chip->parent || chip->parent == dev)
		return 0;
	return device_link_add(dev, chip->parent,
			       DL_FLAG_AUTOREMOVE_CONSUMER) ? 0 : -ENODEV;
}

static int gpio_request_irq(struct device *dev, struct irqlink_gpio *p)
{
	unsigned long flags = IRQF_NO_THREAD;

	if (p->edges & IRQLINK_EDGE_RISING)
		flags |= IRQF_TRIGGER_RISING;
	if (p->edges & IRQLINK_EDGE_FALLING)
		flags |= IRQF_TRIGGER_FALLING;
	return request_threaded_irq(p->irq, gpio_hardirq, gpio_thread, flags,
				    irqlink_source_label(p->src), p->src);
}

static int gpio_add_source(struct device *dev, struct irqlink_gpio *p,
			   const struct gpio_config *config, const char **why)
{
	const struct irqlink_source_desc desc = {
		.name = config->name,
		.stem = "gpio",
		.driver = KBUILD_MODNAME,
		.parent = dev,
		.irq = p->irq,
		.ops = &gpio_ops,
		.priv = p,
		.kind = config->kind,
	};
	int ret;

	p->src = irqlink_source_register(&desc);
	if (IS_ERR(p->src)) {
		*why = "the source cannot be registered";
		return PTR_ERR(p->src);
	}

	ret = gpio_request_irq(dev, p);
	if (ret) {
		*why = "the controller cannot interrupt at these edges";
		irqlink_source_detach(p->src);
		irqlink_source_unregister(p->src);
	}
	return ret;
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
	INIT_KFIFO(p->stamps);
	p->edges = config->edges;

	ret = gpio_get_line(dev, p, config->debounce_us, why);
	if (ret)
		return ret;
	ret = gpio_follow_controller(dev, p);
	if (ret)
		return ret;
	p->deferred = gpiod_cansleep(p->line) && !gpio_is_single(p);

	platform_set_drvdata(pdev, p);
	return gpio_add_source(dev, p, config, why);
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

static void gpio_leave(struct platform_device *pdev)
{
	struct irqlink_gpio *p = platform_get_drvdata(pdev);

	irqlink_source_detach(p->src);
	free_irq(p->irq, p->src);
	irqlink_source_unregister(p->src);
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
	.remove_new = gpio_leave,
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
