// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attribute in sysfs that shows the newest event, and says when there is
 * another one.
 */
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "bench.h"
#include "irqlink.h"
#include "uapi/irqlink.h"

static DEFINE_MUTEX(choosing); /* sub */
static struct irqlink_subscriber *sub;
static struct kernfs_node *event_node;

static DEFINE_SPINLOCK(lock); /* newest, gone */
static struct irqlink_record newest;
static bool gone;

/* Softirq, or a thread with softirqs disabled. */
static void sysfs_event(void *priv, const struct irqlink_record *rec)
{
	/* What was lost shows by the number of the next one. */
	if (rec->flags & IRQLINK_RECORD_LOST)
		return;
	spin_lock(&lock);
	newest = *rec;
	spin_unlock(&lock);
	sysfs_notify_dirent(event_node);
}

static void sysfs_gone(void *priv)
{
	spin_lock(&lock);
	gone = true;
	spin_unlock(&lock);
	sysfs_notify_dirent(event_node);
}

static const struct irqlink_subscriber_ops sysfs_ops = {
	.name = KBUILD_MODNAME,
	.event = sysfs_event,
	.gone = sysfs_gone,
};

/* Called with the mutex held. */
static void sysfs_end(void)
{
	if (sub)
		irqlink_unsubscribe(sub);
	sub = NULL;
	spin_lock_bh(&lock);
	newest = (struct irqlink_record){};
	gone = false;
	spin_unlock_bh(&lock);
}

static int sysfs_begin(const char *source)
{
	struct irqlink_subscriber *begun;

	begun = irqlink_subscribe(source, &sysfs_ops, NULL);
	if (IS_ERR(begun))
		return PTR_ERR(begun);
	sub = begun;
	return 0;
}

static ssize_t source_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	char text[64];
	char *name;
	int ret = 0;

	if (strscpy(text, buf, sizeof(text)) < 0)
		return -EINVAL;
	name = strim(text);

	mutex_lock(&choosing);
	sysfs_end();
	if (*name)
		ret = sysfs_begin(name);
	mutex_unlock(&choosing);
	return ret ?: count;
}

/* Its number, its time and that of its trigger; zeroes before the first. */
static ssize_t event_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	struct irqlink_record rec;
	bool end;

	spin_lock_bh(&lock);
	rec = newest;
	end = gone;
	spin_unlock_bh(&lock);

	if (end)
		return -ENODEV;
	return sysfs_emit(buf, "%llu %llu %llu\n", rec.seq, rec.time_ns,
			  rec.trigger_ns);
}

static struct kobj_attribute source_attr = __ATTR_WO(source);
static struct kobj_attribute event_attr = __ATTR(event, 0400, event_show, NULL);

static const struct attribute *attrs[] = {
	&source_attr.attr,
	&event_attr.attr,
	NULL
};

int bench_sysfs_add(struct kobject *dir)
{
	int ret;

	/* First of all: events are announced at it. */
	ret = sysfs_create_file(dir, &event_attr.attr);
	if (ret)
		return ret;
	event_node = sysfs_get_dirent(dir->sd, event_attr.attr.name);
	ret = event_node ? sysfs_create_file(dir, &source_attr.attr) : -ENOENT;
	if (ret)
		bench_sysfs_remove(dir);
	return ret;
}

void bench_sysfs_remove(struct kobject *dir)
{
	/* Nobody chooses a source any more. */
	sysfs_remove_files(dir, attrs);
	sysfs_end();
	sysfs_put(event_node);
}
