// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds: drivers that make sources at run time.
 *
 * One lock orders making, removing and the leaving of a driver, so that a
 * source is removed once, by whoever comes first.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <net/netlink.h>

#include "kind.h"
#include "source.h"

/* The kinds that there can be, and the modules that have them. */
static const struct {
	int attr;
	const char *module;
} known[] = {
	{ IRQLINK_A_SOURCE_SIM, "irqlink_sim" },
	{ IRQLINK_A_SOURCE_GPIO, "irqlink_gpio" },
	{ IRQLINK_A_SOURCE_PCI, "irqlink_pci" },
};

static DEFINE_MUTEX(kinds_lock);
static const struct irqlink_kind *kinds[ARRAY_SIZE(known)];

static int kind_index(int attr)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].attr == attr)
			return i;
	return -EINVAL;
}

/**
 * irqlink_kind_register() - offer to make sources at run time
 * @kind: the kind; kept until irqlink_kind_unregister()
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL for a kind that the core does not know, or -EBUSY.
 */
int irqlink_kind_register(const struct irqlink_kind *kind)
{
	int i = kind_index(kind->attr);
	int ret = 0;

	if (i < 0 || kind->maxattr > IRQLINK_KIND_MAXATTR)
		return -EINVAL;

	mutex_lock(&kinds_lock);
	if (kinds[i])
		ret = -EBUSY;
	else
		kinds[i] = kind;
	mutex_unlock(&kinds_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(irqlink_kind_register);

/**
 * irqlink_kind_unregister() - offer it no more
 * @kind: the kind
 *
 * Removes the sources of this kind. The driver's operations do not run any
 * more when this returns.
 *
 * Context: process, may sleep.
 */
void irqlink_kind_unregister(const struct irqlink_kind *kind)
{
	struct irqlink_source *src;
	unsigned long id = 0;

	mutex_lock(&kinds_lock);
	kinds[kind_index(kind->attr)] = NULL;
	while ((src = irqlink_source_after(&id))) {
		id++;
		if (src->kind == kind)
			kind->remove(src);
		irqlink_source_put(src);
	}
	mutex_unlock(&kinds_lock);
}
EXPORT_SYMBOL_GPL(irqlink_kind_unregister);

static bool kind_is_missing(int i)
{
	bool missing;

	mutex_lock(&kinds_lock);
	missing = !kinds[i];
	mutex_unlock(&kinds_lock);
	return missing;
}

/* Called with kinds_lock held. */
static struct irqlink_source *
kind_add(const struct irqlink_kind *kind, const char *name,
	 struct nlattr *description, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[IRQLINK_KIND_MAXATTR + 1];
	int ret;

	ret = nla_parse_nested(attrs, kind->maxattr, description, kind->policy,
			       extack);
	if (ret)
		return ERR_PTR(ret);

	return kind->add(name, attrs, extack);
}

/**
 * irqlink_kind_add() - make a source
 * @name: its name, or NULL
 * @attrs: of the request, one of which describes the source
 * @extack: says what was wrong
 *
 * Loads the driver's module if it is not.
 *
 * Context: process, may sleep.
 * Return: the source with a reference, see irqlink_source_put(), or an
 * ERR_PTR().
 */
struct irqlink_source *
irqlink_kind_add(const char *name, struct nlattr **attrs,
		 struct netlink_ext_ack *extack)
{
	struct irqlink_source *src = ERR_PTR(-EOPNOTSUPP);
	int i, chosen = -1;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!attrs[known[i].attr])
			continue;
		if (chosen >= 0) {
			NL_SET_ERR_MSG(extack, "give one of sim, gpio, pci");
			return ERR_PTR(-EINVAL);
		}
		chosen = i;
	}
	if (chosen < 0) {
		NL_SET_ERR_MSG(extack, "give one of sim, gpio, pci");
		return ERR_PTR(-EINVAL);
	}

	/* What comes of it is seen below. */
	if (kind_is_missing(chosen))
		request_module("%s", known[chosen].module);

	mutex_lock(&kinds_lock);
	if (kinds[chosen])
		src = kind_add(kinds[chosen], name,
			       attrs[known[chosen].attr], extack);
	else
		NL_SET_ERR_MSG_ATTR(extack, attrs[known[chosen].attr],
				    "the driver's module is not loaded");
	mutex_unlock(&kinds_lock);
	return src;
}

/**
 * irqlink_kind_remove() - remove a source that was made at run time
 * @id: number of the source
 * @extack: says what was wrong
 *
 * Context: process, may sleep.
 * Return: 0, -ENOENT, or -EPERM if it was not made at run time.
 */
int irqlink_kind_remove(u32 id, struct netlink_ext_ack *extack)
{
	struct irqlink_source *src;
	int ret = 0;

	mutex_lock(&kinds_lock);
	src = irqlink_source_find(id);
	if (!src) {
		NL_SET_ERR_MSG(extack, "no such source");
		ret = -ENOENT;
	} else if (!src->kind) {
		NL_SET_ERR_MSG(extack,
			       "a driver found this source; unbind its device");
		ret = -EPERM;
	} else {
		src->kind->remove(src);
	}
	mutex_unlock(&kinds_lock);

	if (src)
		irqlink_source_put(src);
	return ret;
}
