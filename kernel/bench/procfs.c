// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in /proc, of which each opening follows a source, and gives its newest
 * event.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "bench.h"
#include "irqlink.h"
#include "uapi/irqlink.h"

/**
 * struct bench_file - an open file
 * @choosing: a source
 * @sub: NULL before one is chosen
 * @lock: of what follows
 * @newest: event
 * @is_new: it was not read yet
 * @gone: no event follows
 * @wait: for one of these
 */
struct bench_file {
	struct mutex choosing; /* sub */
	struct irqlink_subscriber *sub;
	spinlock_t lock; /* newest, is_new, gone */
	struct irqlink_record newest;
	bool is_new;
	bool gone;
	wait_queue_head_t wait;
};

/* Softirq, or a thread with softirqs disabled. */
static void procfs_event(void *priv, const struct irqlink_record *rec)
{
	struct bench_file *bench = priv;

	/* What was lost shows by the number of the next one. */
	if (rec->flags & IRQLINK_RECORD_LOST)
		return;
	spin_lock(&bench->lock);
	bench->newest = *rec;
	bench->is_new = true;
	spin_unlock(&bench->lock);
	wake_up_interruptible_poll(&bench->wait, EPOLLIN | EPOLLRDNORM);
}

static void procfs_gone(void *priv)
{
	struct bench_file *bench = priv;

	spin_lock(&bench->lock);
	bench->gone = true;
	spin_unlock(&bench->lock);
	wake_up_interruptible_poll(&bench->wait, EPOLLHUP);
}

static const struct irqlink_subscriber_ops procfs_ops = {
	.name = KBUILD_MODNAME,
	.event = procfs_event,
	.gone = procfs_gone,
};

/*
 * An open file keeps the module: whoever polls it is in its queue until the
 * file is closed.
 */
static int bench_open(struct inode *inode, struct file *file)
{
	struct bench_file *bench;

	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	if (!try_module_get(THIS_MODULE)) {
		kfree(bench);
		return -ENODEV;
	}
	mutex_init(&bench->choosing);
	spin_lock_init(&bench->lock);
	init_waitqueue_head(&bench->wait);
	file->private_data = bench;
	return 0;
}

/* procfs lets nobody unload the module before this has returned. */
static int bench_release(struct inode *inode, struct file *file)
{
	struct bench_file *bench = file->private_data;

	if (bench->sub)
		irqlink_unsubscribe(bench->sub);
	kfree(bench);
	module_put(THIS_MODULE);
	return 0;
}

/* Called with the mutex held. */
static int bench_choose(struct bench_file *bench, const char *source)
{
	struct irqlink_subscriber *sub;

	if (bench->sub)
		return -EBUSY;
	sub = irqlink_subscribe(source, &procfs_ops, bench);
	if (IS_ERR(sub))
		return PTR_ERR(sub);
	bench->sub = sub;
	return 0;
}

static ssize_t bench_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *pos)
{
	struct bench_file *bench = file->private_data;
	char text[64];
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = 0;

	mutex_lock(&bench->choosing);
	ret = bench_choose(bench, strim(text));
	mutex_unlock(&bench->choosing);
	return ret ?: count;
}

/* Take the event if it is new. Return: 0, -EAGAIN, or at the end -ENODEV. */
static int bench_take(struct bench_file *bench, struct irqlink_record *rec)
{
	int ret = 0;

	spin_lock_bh(&bench->lock);
	if (bench->is_new) {
		*rec = bench->newest;
		bench->is_new = false;
	} else {
		ret = bench->gone ? -ENODEV : -EAGAIN;
	}
	spin_unlock_bh(&bench->lock);
	return ret;
}

static __poll_t bench_state(struct bench_file *bench)
{
	__poll_t mask = 0;

	spin_lock_bh(&bench->lock);
	if (bench->is_new)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (bench->gone)
		mask |= EPOLLHUP;
	spin_unlock_bh(&bench->lock);
	return mask;
}

static ssize_t bench_read(struct file *file, char __user *buf, size_t count,
			  loff_t *pos)
{
	struct bench_file *bench = file->private_data;
	struct irqlink_record rec;
	int ret;

	if (count < sizeof(rec))
		return -EINVAL;
	while ((ret = bench_take(bench, &rec)) == -EAGAIN) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(bench->wait, bench_state(bench)))
			return -ERESTARTSYS;
	}
	if (ret)
		return ret;
	return copy_to_user(buf, &rec, sizeof(rec)) ? -EFAULT : sizeof(rec);
}

static __poll_t bench_poll(struct file *file, poll_table *wait)
{
	struct bench_file *bench = file->private_data;

	poll_wait(file, &bench->wait, wait);
	return bench_state(bench);
}

static const struct proc_ops bench_ops = {
	.proc_open = bench_open,
	.proc_release = bench_release,
	.proc_write = bench_write,
	.proc_read = bench_read,
	.proc_poll = bench_poll,
	.proc_lseek = noop_llseek,
};

int bench_procfs_add(void)
{
	return proc_create(KBUILD_MODNAME, 0600, NULL, &bench_ops) ?
	       0 : -ENOMEM;
}

void bench_procfs_remove(void)
{
	remove_proc_entry(KBUILD_MODNAME, NULL);
}
