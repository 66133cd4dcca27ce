/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that irqlink builds for, 6.1 to 6.12, and
 * between 32 and 64 bits. Nothing else in irqlink asks for a version.
 */
#ifndef _IRQLINK_COMPAT_H
#define _IRQLINK_COMPAT_H

#include <linux/atomic.h>
#include <linux/eventfd.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/interrupt.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <net/genetlink.h>

/*
 * A 64-bit load or store in one piece; a 32-bit kernel has it in atomic64.
 * Each caller says what its barrier pairs with.
 */
static inline u64 irqlink_load_acquire(const __u64 *p)
{
#ifdef CONFIG_64BIT
	return smp_load_acquire(p); /* see the caller */
#else
	return atomic64_read_acquire((const atomic64_t *)p);
#endif
}

static inline void irqlink_store_release(__u64 *p, u64 v)
{
#ifdef CONFIG_64BIT
	smp_store_release(p, v); /* see the caller */
#else
	atomic64_set_release((atomic64_t *)p, v);
#endif
}

static inline void irqlink_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/*
 * Between the two lockdep takes a spinlock_t for as good as a raw one, as it is
 * without PREEMPT_RT. Before 6.4 it cannot be told.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define IRQLINK_WAIT_OVERRIDE_MAP(name) \
	DEFINE_WAIT_OVERRIDE_MAP(name, LD_WAIT_CONFIG)

static inline void irqlink_override_begin(struct lockdep_map *map)
{
	lock_map_acquire_try(map);
}

static inline void irqlink_override_end(struct lockdep_map *map)
{
	lock_map_release(map);
}
#else
#define IRQLINK_WAIT_OVERRIDE_MAP(name)	struct lockdep_map name

static inline void irqlink_override_begin(struct lockdep_map *map)
{
}

static inline void irqlink_override_end(struct lockdep_map *map)
{
}
#endif

static inline void irqlink_vm_forbid_write(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, VM_MAYWRITE);
#else
	vma->vm_flags &= ~VM_MAYWRITE;
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define irqlink_class_device const struct device
#else
#define irqlink_class_device struct device
#endif

/* A group for CAP_NET_ADMIN only; older kernels call it as they do a command. */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN GENL_UNS_ADMIN_PERM
#endif

/*
 * A handler that is never threaded shares its line with those that are: on
 * PREEMPT_RT these are all one-shot, elsewhere some are (since 6.9 it can be
 * left to the first one).
 */
#if IS_ENABLED(CONFIG_PREEMPT_RT)
#define IRQLINK_IRQF_SHARED	(IRQF_SHARED | IRQF_ONESHOT)
#elif defined(IRQF_COND_ONESHOT)
#define IRQLINK_IRQF_SHARED	(IRQF_SHARED | IRQF_COND_ONESHOT)
#else
#define IRQLINK_IRQF_SHARED	IRQF_SHARED
#endif

/* Since 6.9 a family is told who joins and leaves its groups. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define IRQLINK_GENL_TELLS_MEMBERS 1
#define IRQLINK_GENL_MEMBERS	.bind = irqlink_observers_join, \
				.unbind = irqlink_observers_leave,
#else
#define IRQLINK_GENL_TELLS_MEMBERS 0
#define IRQLINK_GENL_MEMBERS
#endif

static inline struct nlattr **irqlink_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
/* The controller's own device, such as gpiochip0; stays while the line is held. */
static inline struct device *irqlink_gpio_chip(struct gpio_desc *line)
{
	return gpio_device_to_device(gpiod_to_gpio_device(line));
}

static inline u32 irqlink_gpio_offset(struct gpio_desc *line)
{
	return desc_to_gpio(line) -
	       gpio_device_get_base(gpiod_to_gpio_device(line));
}

/*
 * Is the line's interrupt still requested? A controller that leaves has freed
 * it (gpiochip_remove()), and the number may be another's by now.
 */
static inline bool irqlink_gpio_has_irq(struct gpio_desc *line, int irq)
{
	return gpiod_to_irq(line) == irq && irq_has_action(irq);
}
#else
/* The controller's device lies in its struct gpio_device, at the beginning. */
static inline int irqlink_gpio_is_chip(struct device *dev, void *gpiodev)
{
	return (void *)dev >= gpiodev && (void *)dev < gpiodev + sizeof(*dev);
}

/* NULL if it has no parent; and in the instant in which it leaves. */
static inline struct device *irqlink_gpio_chip(struct gpio_desc *line)
{
	struct gpio_chip *chip = gpiod_to_chip(line);
	struct device *dev = NULL;

	if (chip && chip->parent)
		dev = device_find_child(chip->parent, chip->gpiodev,
					irqlink_gpio_is_chip);
	put_device(dev);
	return dev;
}

static inline u32 irqlink_gpio_offset(struct gpio_desc *line)
{
	struct gpio_chip *chip = gpiod_to_chip(line);

	return chip ? desc_to_gpio(line) - chip->base : 0;
}

/* Nobody else frees it, and a controller that leaves knows it no more. */
static inline bool irqlink_gpio_has_irq(struct gpio_desc *line, int irq)
{
	return irq_has_action(irq);
}
#endif

#endif /* _IRQLINK_COMPAT_H */
