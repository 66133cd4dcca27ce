// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources: registration, look-up, end.
 *
 * A source lives as long as its struct device is referenced: by the driver
 * until irqlink_source_unregister(), by each open file and by each agent. So
 * what a device raised before it left can still be read afterwards.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "chardev.h"
#include "compat.h"
#include "netlink.h"
#include "source.h"

#define IRQLINK_MINORS	4096
#define NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static unsigned int log_records = 1024;
module_param(log_records, uint, 0444);
MODULE_PARM_DESC(log_records,
		 "Records that the log of each source holds, rounded up to a power of two (default 1024)");

/* Sources whose device is present, by id. The mutex also guards names. */
static DEFINE_XARRAY(sources);
static DEFINE_MUTEX(sources_lock);
static u32 last_id;

static DEFINE_IDA(minors);
static dev_t first_devt;

/* Sources not yet freed; the module must not go before them. */
static atomic_t alive = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(alive_wait);

static char *source_devnode(irqlink_class_device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0600;
	return kasprintf(GFP_KERNEL, "irqlink/%s", dev_name(dev));
}

static struct class irqlink_class = {
	.name = "irqlink",
	.devnode = source_devnode,
};

static struct irqlink_source *dev_to_source(struct device *dev)
{
	return container_of(dev, struct irqlink_source, dev);
}

/* The last reference is gone. Never from hard IRQ. */
static void source_release(struct device *dev)
{
	struct irqlink_source *src = dev_to_source(dev);

	ida_free(&minors, MINOR(dev->devt) - MINOR(first_devt));
	irqlink_log_free(&src->log);
	kfree(src);
	if (atomic_dec_and_test(&alive))
		wake_up(&alive_wait);
}

/**
 * irqlink_source_name_fits() - can a source be called so?
 * @name: becomes a device file and a folder in sysfs
 *
 * Return: whether it keeps IRQLINK_NAME_RULE.
 */
bool irqlink_source_name_fits(const char *name)
{
	size_t length = strspn(name, NAME_CHARACTERS);

	return length && length < IRQLINK_NAME_MAX && !name[length] &&
	       *name != '.';
}

/* Called with sources_lock held. */
static bool source_name_taken(const char *name)
{
	struct irqlink_source *src;
	unsigned long id;

	xa_for_each(&sources, id, src)
		if (!strcmp(irqlink_source_name(src), name))
			return true;
	return false;
}

/* Called with sources_lock held. */
static int source_set_name(struct irqlink_source *src,
			   const struct irqlink_source_desc *desc)
{
	char name[IRQLINK_NAME_MAX];
	unsigned int i = 0;

	if (desc->name)
		return source_name_taken(desc->name) ?
		       -EEXIST : dev_set_name(&src->dev, "%s", desc->name);

	do {
		if (snprintf(name, sizeof(name), "%s%u", desc->stem, i++) >=
		    sizeof(name))
			return -ENAMETOOLONG;
	} while (source_name_taken(name));

	return dev_set_name(&src->dev, "%s", name);
}

/* Called with sources_lock held. Makes the source visible to everyone. */
static int source_publish(struct irqlink_source *src,
			  const struct irqlink_source_desc *desc)
{
	int ret;

	ret = source_set_name(src, desc);
	if (ret)
		return ret;

	ret = xa_insert(&sources, src->id, src, GFP_KERNEL);
	if (ret)
		return ret;

	ret = cdev_device_add(&src->cdev, &src->dev);
	if (ret)
		xa_erase(&sources, src->id);
	return ret;
}

/**
 * irqlink_source_register() - make an interrupt a source of events
 * @desc: the source
 *
 * Register before the interrupt is requested: irqlink_post() may be called as
 * soon as this returns.
 *
 * Context: process, may sleep.
 * Return: the source, or an ERR_PTR(): -EEXIST if the name is taken, -EINVAL
 * if it is none.
 */
struct irqlink_source *
irqlink_source_register(const struct irqlink_source_desc *desc)
{
	struct irqlink_source *src;
	int minor;
	int ret;

	if (desc->name && !irqlink_source_name_fits(desc->name))
		return ERR_PTR(-EINVAL);

	src = kzalloc(sizeof(*src), GFP_KERNEL);
	if (!src)
		return ERR_PTR(-ENOMEM);

	mutex_lock(&sources_lock);
	src->id = ++last_id;
	mutex_unlock(&sources_lock);

	ret = irqlink_log_init(&src->log, src->id, log_records);
	if (ret)
		goto err_free;

	minor = ida_alloc_max(&minors, IRQLINK_MINORS - 1, GFP_KERNEL);
	if (minor < 0) {
		ret = minor;
		goto err_log;
	}

	mutex_init(&src->ops_lock);
	src->attached = true;
	src->ops = desc->ops;
	src->priv = desc->priv;
	src->kind = desc->kind;
	src->irq = desc->irq;
	strscpy(src->driver, desc->driver, sizeof(src->driver));
	if (desc->device)
		strscpy(src->device, desc->device, sizeof(src->device));
	else if (desc->parent)
		strscpy(src->device, dev_name(desc->parent),
			sizeof(src->device));
	irqlink_deliver_setup(src);
	irqlink_guard_setup(src);

	device_initialize(&src->dev);
	src->dev.class = &irqlink_class;
	src->dev.parent = desc->parent;
	src->dev.devt = first_devt + minor;
	src->dev.release = source_release;
	irqlink_chardev_setup(src);
	atomic_inc(&alive);

	mutex_lock(&sources_lock);
	ret = source_publish(src, desc);
	mutex_unlock(&sources_lock);
	if (ret) {
		put_device(&src->dev);
		return ERR_PTR(ret);
	}

	irqlink_netlink_notify(src, IRQLINK_CMD_SOURCE_ADD_NTF);
	return src;

err_log:
	irqlink_log_free(&src->log);
err_free:
	kfree(src);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(irqlink_source_register);

/**
 * irqlink_source_detach() - the device is about to leave
 * @src: source, whose interrupt will be freed next
 *
 * When this returns none of the driver's operations runs or will run, but for
 * those that the interrupt handler calls.
 *
 * Context: process, may sleep.
 */
void irqlink_source_detach(struct irqlink_source *src)
{
	mutex_lock(&src->ops_lock);
	src->attached = false;
	mutex_unlock(&src->ops_lock);
}
EXPORT_SYMBOL_GPL(irqlink_source_detach);

/**
 * irqlink_source_unregister() - the device has left
 * @src: source, detached, and its interrupt freed
 *
 * Those who listen get what is in the log, and then a clear end.
 *
 * Context: process, may sleep.
 */
void irqlink_source_unregister(struct irqlink_source *src)
{
	mutex_lock(&sources_lock);
	xa_erase(&sources, src->id);
	cdev_device_del(&src->cdev, &src->dev);
	mutex_unlock(&sources_lock);

	irqlink_guard_stop(src);
	irqlink_deliver_stop(src);
	irqlink_netlink_notify(src, IRQLINK_CMD_SOURCE_DEL_NTF);
	put_device(&src->dev);
}
EXPORT_SYMBOL_GPL(irqlink_source_unregister);

/**
 * irqlink_source_priv() - the driver's own pointer
 * @src: source, from its interrupt handler
 *
 * Return: what irqlink_source_register() was given.
 */
void *irqlink_source_priv(const struct irqlink_source *src)
{
	return src->priv;
}
EXPORT_SYMBOL_GPL(irqlink_source_priv);

/**
 * irqlink_source_label() - the source's name, for people
 * @src: source
 *
 * Return: the name of its device file under /dev/irqlink.
 */
const char *irqlink_source_label(const struct irqlink_source *src)
{
	return irqlink_source_name(src);
}
EXPORT_SYMBOL_GPL(irqlink_source_label);

/**
 * irqlink_source_device() - the device that raises the interrupt
 * @src: source
 *
 * Return: its name, cut to 31 characters.
 */
const char *irqlink_source_device(const struct irqlink_source *src)
{
	return src->device;
}
EXPORT_SYMBOL_GPL(irqlink_source_device);

/**
 * irqlink_source_find() - look a source up by its number
 * @id: number of the source
 *
 * Context: process, may sleep.
 * Return: the source with a reference, see irqlink_source_put(), or NULL.
 */
struct irqlink_source *irqlink_source_find(u32 id)
{
	struct irqlink_source *src;

	mutex_lock(&sources_lock);
	src = xa_load(&sources, id);
	if (src)
		get_device(&src->dev);
	mutex_unlock(&sources_lock);
	return src;
}

/**
 * irqlink_source_find_name() - look a source up by its name
 * @name: as in /dev/irqlink
 *
 * Context: process, may sleep.
 * Return: the source with a reference, see irqlink_source_put(), or NULL.
 */
struct irqlink_source *irqlink_source_find_name(const char *name)
{
	struct irqlink_source *src;
	unsigned long id;

	mutex_lock(&sources_lock);
	xa_for_each(&sources, id, src) {
		if (!strcmp(irqlink_source_name(src), name)) {
			get_device(&src->dev);
			break;
		}
	}
	mutex_unlock(&sources_lock);
	return src;
}

/**
 * irqlink_source_after() - walk the sources
 * @id: the smallest number to consider; set to that of the source found
 *
 * Context: process, may sleep.
 * Return: the source with a reference, see irqlink_source_put(), or NULL.
 */
struct irqlink_source *irqlink_source_after(unsigned long *id)
{
	struct irqlink_source *src;

	mutex_lock(&sources_lock);
	src = xa_find(&sources, id, ULONG_MAX, XA_PRESENT);
	if (src)
		get_device(&src->dev);
	mutex_unlock(&sources_lock);
	return src;
}

/**
 * irqlink_source_get() - take a reference
 * @src: source that cannot leave now
 *
 * Return: @src.
 */
struct irqlink_source *irqlink_source_get(struct irqlink_source *src)
{
	get_device(&src->dev);
	return src;
}
EXPORT_SYMBOL_GPL(irqlink_source_get);

/**
 * irqlink_source_put() - drop a reference
 * @src: source
 */
void irqlink_source_put(struct irqlink_source *src)
{
	put_device(&src->dev);
}

/**
 * irqlink_source_trigger() - have the device raise its interrupt
 * @src: source
 *
 * Context: process, may sleep.
 * Return: 0, -ENODEV if the device has left, -EOPNOTSUPP if it cannot, or the
 * driver's error.
 */
int irqlink_source_trigger(struct irqlink_source *src)
{
	int ret;

	mutex_lock(&src->ops_lock);
	if (!src->attached)
		ret = -ENODEV;
	else if (!src->ops->trigger)
		ret = -EOPNOTSUPP;
	else
		ret = src->ops->trigger(src->priv);
	mutex_unlock(&src->ops_lock);
	return ret;
}

int __init irqlink_source_init(void)
{
	int ret;

	if (log_records < IRQLINK_LOG_MIN_RECORDS ||
	    log_records > IRQLINK_LOG_MAX_RECORDS) {
		pr_err("irqlink: log_records=%u is not between %u and %u\n",
		       log_records, IRQLINK_LOG_MIN_RECORDS,
		       IRQLINK_LOG_MAX_RECORDS);
		return -EINVAL;
	}

	ret = alloc_chrdev_region(&first_devt, 0, IRQLINK_MINORS, "irqlink");
	if (ret)
		return ret;

	ret = class_register(&irqlink_class);
	if (ret)
		unregister_chrdev_region(first_devt, IRQLINK_MINORS);
	return ret;
}

/* No driver, file or agent is left; a queued retry may hold one, for a while. */
void irqlink_source_exit(void)
{
	wait_event(alive_wait, !atomic_read(&alive));
	class_unregister(&irqlink_class);
	unregister_chrdev_region(first_devt, IRQLINK_MINORS);
	ida_destroy(&minors);
	xa_destroy(&sources);
}
