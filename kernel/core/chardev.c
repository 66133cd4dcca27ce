// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: read, poll, mmap, eventfd, SIGIO.
 *
 * An open file is a consumer with a cursor of its own. Opening is the
 * permission for all that irqlink does with a source, see
 * irqlink_file_source().
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chardev.h"
#include "compat.h"
#include "source.h"
#include "trace.h"

/**
 * irqlink_file_cursor() - a consistent copy of a file's cursor
 * @file: file
 * @cur: where the copy goes
 *
 * Context: process.
 */
void irqlink_file_cursor(struct irqlink_file *file, struct irqlink_cursor *cur)
{
	spin_lock(&file->cursor_lock);
	*cur = file->cursor;
	spin_unlock(&file->cursor_lock);
}

static void file_set_cursor(struct irqlink_file *file,
			    const struct irqlink_cursor *cur)
{
	spin_lock(&file->cursor_lock);
	file->cursor = *cur;
	spin_unlock(&file->cursor_lock);
}

static int chardev_open(struct inode *inode, struct file *filp)
{
	struct irqlink_source *src = container_of(inode->i_cdev,
						  struct irqlink_source, cdev);
	struct irqlink_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return -ENOMEM;

	file->src = src;
	file->pid = task_tgid_nr(current);
	mutex_init(&file->read_lock);
	spin_lock_init(&file->cursor_lock);
	irqlink_cursor_init(&file->cursor, irqlink_log_head(&src->log) + 1);

	get_device(&src->dev);
	mutex_lock(&src->files_lock);
	spin_lock_bh(&src->lock);
	list_add_tail(&file->by_source, &src->files);
	spin_unlock_bh(&src->lock);
	mutex_unlock(&src->files_lock);

	filp->private_data = file;
	return stream_open(inode, filp);
}

/* Swap the eventfd that is signalled; drops the old one. */
static void file_set_eventfd(struct irqlink_file *file,
			     struct eventfd_ctx *ctx)
{
	struct irqlink_source *src = file->src;

	spin_lock_bh(&src->lock);
	swap(file->eventfd, ctx);
	WRITE_ONCE(src->eventfds, src->eventfds + !!file->eventfd - !!ctx);
	spin_unlock_bh(&src->lock);
	/*
	 * Either an interrupt sees it now, or the caller, who looks at the log
	 * next, sees the record. Pairs with deliver() and has_sleeper_only().
	 */
	smp_mb();
	if (ctx)
		eventfd_ctx_put(ctx);
}

static int chardev_fasync(int fd, struct file *filp, int on)
{
	struct irqlink_file *file = filp->private_data;
	int ret = fasync_helper(fd, filp, on, &file->src->fasync);

	/* As in file_set_eventfd(). */
	smp_mb();
	return ret;
}

static int chardev_release(struct inode *inode, struct file *filp)
{
	struct irqlink_file *file = filp->private_data;
	struct irqlink_source *src = file->src;

	file_set_eventfd(file, NULL);
	mutex_lock(&src->files_lock);
	spin_lock_bh(&src->lock);
	list_del(&file->by_source);
	spin_unlock_bh(&src->lock);
	mutex_unlock(&src->files_lock);

	kfree(file);
	irqlink_source_put(src);
	return 0;
}

/* Called with read_lock or cursor_lock held: either keeps the cursor still. */
static u64 file_backlog(const struct irqlink_file *file)
{
	return irqlink_cursor_backlog(&file->cursor, &file->src->log);
}

/* Sleep until there is a record to read. Called with read_lock held. */
static int file_wait(struct irqlink_file *file, bool nonblock)
{
	struct irqlink_source *src = file->src;

	if (file_backlog(file))
		return 0;
	/* Pairs with irqlink_deliver_stop(): first the records, then the end */
	if (smp_load_acquire(&src->gone))
		return file_backlog(file) ? 0 : -ENODEV;
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(src->wait, file_backlog(file) ||
						   READ_ONCE(src->gone));
}

/* Copy out at most n records. Called with read_lock held. */
static ssize_t file_read(struct irqlink_file *file, char __user *buf, u64 n)
{
	struct irqlink_cursor cur = file->cursor;
	struct irqlink_record rec;
	struct irqlink_span span;
	size_t done = 0;
	int ret = 0;

	n = min(n, file_backlog(file));
	while (n-- && irqlink_cursor_peek(&cur, &file->src->log, &rec, &span)) {
		if (copy_to_user(buf + done, &rec, sizeof(rec))) {
			ret = -EFAULT;
			break;
		}
		if (span.lost)
			trace_irqlink_loss(file->src->id, 0, cur.next,
					   span.last);
		irqlink_cursor_pass(&cur, &span);
		done += sizeof(rec);
	}
	if (!done)
		return ret;

	file_set_cursor(file, &cur);
	return done;
}

/* Copy out at most n records, once there are any. */
static ssize_t file_receive(struct irqlink_file *file, char __user *buf, u64 n,
			    bool nonblock)
{
	ssize_t ret;

	if (mutex_lock_interruptible(&file->read_lock))
		return -ERESTARTSYS;

	do {
		ret = file_wait(file, nonblock);
		if (!ret)
			ret = file_read(file, buf, n);
	} while (!ret);

	mutex_unlock(&file->read_lock);
	return ret;
}

static ssize_t chardev_read(struct file *filp, char __user *buf, size_t count,
			    loff_t *pos)
{
	if (count < sizeof(struct irqlink_record))
		return -EINVAL;
	return file_receive(filp->private_data, buf,
			    count / sizeof(struct irqlink_record),
			    filp->f_flags & O_NONBLOCK);
}

static int file_wait_for_one(struct irqlink_file *file, void __user *arg)
{
	ssize_t ret = file_receive(file, arg, 1, false);

	return ret < 0 ? ret : 0;
}

static __poll_t chardev_poll(struct file *filp, poll_table *wait)
{
	struct irqlink_file *file = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &file->src->wait, wait);

	/* Pairs with irqlink_deliver_stop(): first the records, then the end */
	if (smp_load_acquire(&file->src->gone))
		mask |= EPOLLHUP;
	spin_lock(&file->cursor_lock);
	if (file_backlog(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	spin_unlock(&file->cursor_lock);
	return mask;
}

static int chardev_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct irqlink_file *file = filp->private_data;
	int ret = irqlink_log_mmap(&file->src->log, vma);

	if (!ret)
		WRITE_ONCE(file->mapped, true);
	return ret;
}

static int file_info(struct irqlink_file *file,
		     struct irqlink_info __user *arg)
{
	struct irqlink_source *src = file->src;
	struct irqlink_info info = {
		.version = IRQLINK_ABI_VERSION,
		.record_size = sizeof(struct irqlink_record),
		.source = src->id,
		.capacity = src->log.mask + 1,
		.map_size = irqlink_log_map_size(&src->log),
		.head = irqlink_log_head(&src->log),
	};
	struct irqlink_cursor cur;

	irqlink_file_cursor(file, &cur);
	info.next = cur.next;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Only back, so that the ledger stays whole: what is unread must be read. */
static int file_seek(struct irqlink_file *file, const __u64 __user *arg)
{
	int ret = 0;
	u64 seq;

	if (copy_from_user(&seq, arg, sizeof(seq)))
		return -EFAULT;
	if (mutex_lock_interruptible(&file->read_lock))
		return -ERESTARTSYS;

	if (!seq)
		seq = min(irqlink_log_oldest(&file->src->log),
			  file->cursor.seen);
	if (seq > file->cursor.seen) {
		ret = -EINVAL;
	} else {
		spin_lock(&file->cursor_lock);
		file->cursor.next = seq;
		spin_unlock(&file->cursor_lock);
	}

	mutex_unlock(&file->read_lock);
	return ret;
}

static int file_eventfd(struct irqlink_file *file, const __s32 __user *arg)
{
	struct eventfd_ctx *ctx = NULL;
	s32 fd;

	if (get_user(fd, arg))
		return -EFAULT;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	file_set_eventfd(file, ctx);
	return 0;
}

static long chardev_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	struct irqlink_file *file = filp->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case IRQLINK_IOC_TRIGGER:
		if (!(filp->f_mode & FMODE_WRITE))
			return -EBADF;
		return irqlink_source_trigger(file->src);
	case IRQLINK_IOC_ACK:
		if (!(filp->f_mode & FMODE_WRITE))
			return -EBADF;
		return irqlink_guard_ack(file->src);
	case IRQLINK_IOC_INFO:
		return file_info(file, uarg);
	case IRQLINK_IOC_SEEK:
		if (!(filp->f_mode & FMODE_READ))
			return -EBADF;
		return file_seek(file, uarg);
	case IRQLINK_IOC_EVENTFD:
		return file_eventfd(file, uarg);
	case IRQLINK_IOC_WAIT:
		if (!(filp->f_mode & FMODE_READ))
			return -EBADF;
		return file_wait_for_one(file, uarg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.poll = chardev_poll,
	.mmap = chardev_mmap,
	.fasync = chardev_fasync,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * irqlink_file_source() - the source that a file descriptor stands for
 * @fd: descriptor in the calling process
 * @mode: what it must be open for, FMODE_READ or FMODE_WRITE
 *
 * Having it open is the permission.
 *
 * Context: process, on behalf of the caller.
 * Return: the source with a reference, see irqlink_source_put(); or an
 * ERR_PTR(): -EBADF if it is not open, -EINVAL if it is something else,
 * -EACCES if it is not open for @mode.
 */
struct irqlink_source *irqlink_file_source(u32 fd, fmode_t mode)
{
	struct irqlink_source *src;
	struct file *filp;

	filp = fget(fd);
	if (!filp)
		return ERR_PTR(-EBADF);

	if (filp->f_op != &chardev_fops) {
		src = ERR_PTR(-EINVAL);
	} else if (!(filp->f_mode & mode)) {
		src = ERR_PTR(-EACCES);
	} else {
		src = ((struct irqlink_file *)filp->private_data)->src;
		get_device(&src->dev);
	}
	fput(filp);
	return src;
}

/**
 * irqlink_chardev_setup() - set up the character device of a new source
 * @src: source
 */
void irqlink_chardev_setup(struct irqlink_source *src)
{
	cdev_init(&src->cdev, &chardev_fops);
	src->cdev.owner = THIS_MODULE;
}

static void signal_eventfds(struct irqlink_source *src)
{
	struct irqlink_file *file;

	spin_lock_bh(&src->lock);
	list_for_each_entry(file, &src->files, by_source)
		if (file->eventfd)
			irqlink_eventfd_signal(file->eventfd);
	spin_unlock_bh(&src->lock);
}

/*
 * Each file has a cursor of its own, so all are woken, those of EPOLLEXCLUSIVE
 * too.
 */
static void wake_all(struct irqlink_source *src, unsigned int mode,
		     __poll_t events)
{
	__wake_up(&src->wait, mode, 0, poll_to_key(events));
}

/**
 * irqlink_chardev_wake_sleepers() - wake those who sleep in read() or poll()
 * @src: source, with a new record in its log
 *
 * Context: any, hard IRQ too, but not on PREEMPT_RT; does not sleep.
 */
void irqlink_chardev_wake_sleepers(struct irqlink_source *src)
{
	wake_all(src, TASK_INTERRUPTIBLE, EPOLLIN | EPOLLRDNORM);
}

/**
 * irqlink_chardev_wake() - tell all who listen by the file
 * @src: source, with a new record in its log
 *
 * Context: any but hard IRQ; does not sleep.
 */
void irqlink_chardev_wake(struct irqlink_source *src)
{
	/* Its barrier pairs with the one of poll_wait() and of wait_event(). */
	if (wq_has_sleeper(&src->wait))
		irqlink_chardev_wake_sleepers(src);
	kill_fasync(&src->fasync, SIGIO, POLL_IN);
	if (READ_ONCE(src->eventfds))
		signal_eventfds(src);
}

/**
 * irqlink_chardev_end() - tell those who sleep that the device has left
 * @src: source
 *
 * Context: process.
 */
void irqlink_chardev_end(struct irqlink_source *src)
{
	wake_all(src, TASK_NORMAL, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	kill_fasync(&src->fasync, SIGIO, POLL_HUP);
}
