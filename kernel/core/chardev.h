/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The character device: consumers that open /dev/irqlink/<source>.
 */
#ifndef _IRQLINK_CHARDEV_H
#define _IRQLINK_CHARDEV_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "log.h"

struct eventfd_ctx;
struct file;
struct irqlink_source;

/**
 * struct irqlink_file - one open file
 * @src: the source, with a reference
 * @read_lock: one reader at a time; may sleep
 * @cursor_lock: guards @cursor; a leaf, taken in process context only
 * @cursor: the file's place in the log
 * @eventfd: signalled at each delivery, or NULL; under the source's lock
 * @by_source: in the source's list, under its lock
 * @mapped: the log was mapped through it; READ_ONCE()
 * @pid: process that opened it
 */
struct irqlink_file {
	struct irqlink_source *src;
	struct mutex read_lock; /* reading */
	spinlock_t cursor_lock; /* cursor */
	struct irqlink_cursor cursor;
	struct eventfd_ctx *eventfd;
	struct list_head by_source;
	bool mapped;
	pid_t pid;
};

void irqlink_chardev_setup(struct irqlink_source *src);
void irqlink_chardev_wake(struct irqlink_source *src);
void irqlink_chardev_wake_sleepers(struct irqlink_source *src);
void irqlink_chardev_end(struct irqlink_source *src);

void irqlink_file_cursor(struct irqlink_file *file,
			 struct irqlink_cursor *cur);
struct irqlink_source *irqlink_file_source(u32 fd, fmode_t mode);

#endif /* _IRQLINK_CHARDEV_H */
