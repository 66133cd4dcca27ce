// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPIO controller for tests, for what gpio-sim is not: one whose lines can be
 * read at once, so that everything happens in hard IRQ; one whose interrupts
 * come from a thread, like those of an I2C expander; one that leaves with its
 * driver, and one that just leaves; one that debounces. On any kernel with GPIO. Its lines are
 * called chip-0 to chip-7.
 *
 *   insmod chip.ko sleeps=1
 *   echo 0x8 > /sys/module/chip/parameters/levels  # line 3 is up, the others are not
 *   echo 1 > /sys/module/chip/parameters/leave     # the controller, not the module
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gpio/driver.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/irqdomain.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pinctrl/pinconf-generic.h>
#include <linux/platform_device.h>

#define LINES	8

static bool sleeps;
module_param(sleeps, bool, 0444);
MODULE_PARM_DESC(sleeps, "Reading a level sleeps");

static bool nested;
module_param(nested, bool, 0444);
MODULE_PARM_DESC(nested, "Interrupts come from a thread");

static bool threaded;
module_param(threaded, bool, 0444);
MODULE_PARM_DESC(threaded, "Handlers are called from a thread, as on PREEMPT_RT by many controllers");

static bool late;
module_param(late, bool, 0444);
MODULE_PARM_DESC(late, "With sleeps: an interrupt comes 2 ms after its edge");

static bool parent;
module_param(parent, bool, 0444);
MODULE_PARM_DESC(parent, "It has a parent device, though one without a driver");

static bool driver;
module_param(driver, bool, 0444);
MODULE_PARM_DESC(driver, "It has a parent device, and leaves as that loses its driver");

static bool debounces;
module_param(debounces, bool, 0444);
MODULE_PARM_DESC(debounces, "It says that it debounces, and does not");

static struct platform_device *pdev;
static struct irq_domain *domain;
static struct gpio_chip chip;
static unsigned long levels;
static DEFINE_MUTEX(lock); /* present */
static bool present;
/* With sleeps: an edge and its interrupt are one to those who read the level. */
static DEFINE_MUTEX(level_lock);

/* Raised in hard IRQ, on PREEMPT_RT too. */
static unsigned long raised;

static void chip_raise(struct irq_work *work)
{
	unsigned int line;

	for_each_set_bit(line, &raised, LINES)
		if (test_and_clear_bit(line, &raised))
			generic_handle_domain_irq(domain, line);
}

static struct irq_work raise = IRQ_WORK_INIT_HARD(chip_raise);

static void chip_interrupt(unsigned int line, u32 edge)
{
	unsigned int irq = irq_find_mapping(domain, line);

	if (!irq || !(irq_get_trigger_type(irq) & edge))
		return;
	if (nested) {
		handle_nested_irq(irq);
		return;
	}
	if (threaded) {
		local_irq_disable();
		generic_handle_domain_irq(domain, line);
		local_irq_enable();
		return;
	}
	set_bit(line, &raised);
	irq_work_queue(&raise);
	irq_work_sync(&raise);
}

static void chip_pull(unsigned int line, bool level)
{
	if (test_bit(line, &levels) == level)
		return;
	if (sleeps)
		mutex_lock(&level_lock);
	change_bit(line, &levels);
	if (late) {
		mutex_unlock(&level_lock);
		usleep_range(2000, 2100);
		mutex_lock(&level_lock);
	}
	chip_interrupt(line, level ? IRQ_TYPE_EDGE_RISING :
				     IRQ_TYPE_EDGE_FALLING);
	if (sleeps)
		mutex_unlock(&level_lock);
}

static int chip_set_levels(const char *value, const struct kernel_param *kp)
{
	unsigned long wanted;
	unsigned int line;
	int ret;

	ret = kstrtoul(value, 0, &wanted);
	if (ret)
		return ret;

	mutex_lock(&lock);
	for (line = 0; line < LINES && present; line++)
		chip_pull(line, wanted & BIT(line));
	ret = present ? 0 : -ENODEV;
	mutex_unlock(&lock);
	return ret;
}

static const struct kernel_param_ops levels_ops = { .set = chip_set_levels };
module_param_cb(levels, &levels_ops, NULL, 0200);

static int chip_get(struct gpio_chip *gc, unsigned int line)
{
	int level;

	if (sleeps)
		mutex_lock(&level_lock);
	level = test_bit(line, &levels);
	if (sleeps)
		mutex_unlock(&level_lock);
	return level;
}

static int chip_get_direction(struct gpio_chip *gc, unsigned int line)
{
	return GPIO_LINE_DIRECTION_IN;
}

static int chip_direction_input(struct gpio_chip *gc, unsigned int line)
{
	return 0;
}

static int chip_set_config(struct gpio_chip *gc, unsigned int line,
			   unsigned long config)
{
	if (debounces &&
	    pinconf_to_config_param(config) == PIN_CONFIG_INPUT_DEBOUNCE)
		return 0;
	return -ENOTSUPP;
}

static int chip_to_irq(struct gpio_chip *gc, unsigned int line)
{
	return irq_create_mapping(domain, line) ?: -ENXIO;
}

static void irq_nothing(struct irq_data *data)
{
}

static int irq_set_type(struct irq_data *data, unsigned int type)
{
	return type & ~IRQ_TYPE_EDGE_BOTH ? -EINVAL : 0;
}

static int irq_request(struct irq_data *data)
{
	return gpiochip_lock_as_irq(&chip, data->hwirq);
}

static void irq_release(struct irq_data *data)
{
	gpiochip_unlock_as_irq(&chip, data->hwirq);
}

static struct irq_chip irqs = {
	.name = "chip",
	.irq_ack = irq_nothing,
	.irq_mask = irq_nothing,
	.irq_unmask = irq_nothing,
	.irq_set_type = irq_set_type,
	.irq_request_resources = irq_request,
	.irq_release_resources = irq_release,
};

static int irq_map(struct irq_domain *d, unsigned int irq, irq_hw_number_t line)
{
	irq_set_chip_and_handler(irq, &irqs, handle_edge_irq);
	irq_set_nested_thread(irq, nested);
	irq_set_noprobe(irq);
	return 0;
}

static const struct irq_domain_ops domain_ops = { .map = irq_map };

static void chip_leave(void)
{
	unsigned int line;

	mutex_lock(&lock);
	if (present) {
		present = false;
		gpiochip_remove(&chip);
		for (line = 0; line < LINES; line++)
			irq_dispose_mapping(irq_find_mapping(domain, line));
	}
	mutex_unlock(&lock);
}

/* As most leave: whoever uses a line is told before the controller goes. */
static void chip_unbind(void)
{
	if (driver)
		device_release_driver(&pdev->dev);
	else
		chip_leave();
}

static int chip_set_leave(const char *value, const struct kernel_param *kp)
{
	chip_unbind();
	return 0;
}

static const struct kernel_param_ops leave_ops = { .set = chip_set_leave };
module_param_cb(leave, &leave_ops, NULL, 0200);

static const char *const names[LINES] = {
	"chip-0", "chip-1", "chip-2", "chip-3",
	"chip-4", "chip-5", "chip-6", "chip-7",
};

static int chip_add(struct device *dev)
{
	int ret;

	chip.label = "chip";
	chip.owner = THIS_MODULE;
	chip.parent = dev;
	chip.base = -1;
	chip.ngpio = LINES;
	chip.names = names;
	chip.can_sleep = sleeps || nested;
	chip.get = chip_get;
	chip.get_direction = chip_get_direction;
	chip.direction_input = chip_direction_input;
	chip.set_config = chip_set_config;
	chip.to_irq = chip_to_irq;
	ret = gpiochip_add_data(&chip, NULL);
	present = !ret;
	return ret;
}

static void chip_release(void *unused)
{
	chip_leave();
}

static int chip_probe(struct platform_device *dev)
{
	int ret = chip_add(&dev->dev);

	return ret ?: devm_add_action_or_reset(&dev->dev, chip_release, NULL);
}

static struct platform_driver chip_driver = {
	.driver = {
		.name = "chip-parent",
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
	.probe = chip_probe,
};

static int chip_add_parent(void)
{
	pdev = platform_device_register_simple("chip-parent", -1, NULL, 0);
	return PTR_ERR_OR_ZERO(pdev);
}

static int chip_add_by_driver(void)
{
	int ret;

	ret = platform_driver_register(&chip_driver);
	if (ret)
		return ret;
	ret = chip_add_parent();
	if (!ret && present)
		return 0;
	if (!ret)
		platform_device_unregister(pdev);
	platform_driver_unregister(&chip_driver);
	return ret ?: -ENODEV;
}

static int chip_add_alone(void)
{
	int ret;

	if (!parent)
		return chip_add(NULL);
	ret = chip_add_parent();
	if (ret)
		return ret;
	ret = chip_add(&pdev->dev);
	if (ret)
		platform_device_unregister(pdev);
	return ret;
}

static int __init chip_init(void)
{
	int ret;

	if (late && !sleeps)
		return -EINVAL;
	domain = irq_domain_create_linear(NULL, LINES, &domain_ops, NULL);
	if (!domain)
		return -ENOMEM;
	ret = driver ? chip_add_by_driver() : chip_add_alone();
	if (ret)
		irq_domain_remove(domain);
	return ret;
}

static void __exit chip_exit(void)
{
	chip_unbind();
	platform_device_unregister(pdev);
	if (driver)
		platform_driver_unregister(&chip_driver);
	irq_domain_remove(domain);
}

module_init(chip_init);
module_exit(chip_exit);

MODULE_DESCRIPTION("A GPIO controller for tests");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
