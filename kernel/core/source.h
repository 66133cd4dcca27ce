/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source: one interrupt, its log, and who listens to it.
 */
#ifndef _IRQLINK_SOURCE_H
#define _IRQLINK_SOURCE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "guard.h"
#include "log.h"
#include "observer.h"
#include "uapi/irqlink_netlink.h"

#define IRQLINK_NAME_MAX	32

/**
 * struct irqlink_source - one interrupt
 * @log: its records
 * @delivery: enum irqlink_delivery; READ_ONCE() in hard IRQ
 * @posted_ns: stamp of the latest interrupt; the handler's
 * @tasklet: the delivery step in softirq
 * @wait: those who sleep on the character device
 * @fasync: those who want SIGIO
 * @lock: guards @agents and @subscribers with their cursors, @observers, and
 *	@files; never held in hard IRQ. Softirqs take it, so no lock that they may interrupt is
 *	taken within.
 * @agents: struct irqlink_agent
 * @subscribers: struct irqlink_subscriber
 * @observers: sockets in the multicast group
 * @files: struct irqlink_file; to change it takes @files_lock and @lock, to
 *	walk it either
 * @files_lock: taken before @lock
 * @eventfds: how many of @files have one; READ_ONCE() without the lock
 * @retry: delivery in process context, when there was no room or no memory;
 *	it also removes agents that were told the end. A queued @retry holds a
 *	reference to @dev.
 * @gone: the device has left: no record will follow
 * @guard: masks the interrupt, if it shall
 * @ops_lock: held while one of the driver's operations runs, guards @attached
 * @attached: @ops may be called
 * @ops: the driver's operations
 * @priv: the driver's
 * @kind: that it was made by at run time, or NULL
 * @dev: /dev/irqlink/<name>; its reference count is the source's
 * @cdev: the character device
 * @id: number of the source
 * @irq: Linux interrupt number
 * @driver: name of the driver
 * @device: name of the device that raises the interrupt
 */
struct irqlink_source {
	struct irqlink_log log;
	u32 delivery;
	u64 posted_ns;
	struct tasklet_struct tasklet;
	wait_queue_head_t wait;
	struct fasync_struct *fasync;

	spinlock_t lock; /* agents, subscribers, observers, files */
	struct list_head agents;
	struct list_head subscribers;
	struct irqlink_observers observers;
	struct list_head files;
	struct mutex files_lock; /* files */
	u32 eventfds;
	struct delayed_work retry;
	bool gone;

	struct irqlink_guard guard;
	struct mutex ops_lock; /* attached */
	bool attached;
	const struct irqlink_source_ops *ops;
	void *priv;
	const struct irqlink_kind *kind;

	struct device dev;
	struct cdev cdev;
	u32 id;
	unsigned int irq;
	char driver[IRQLINK_NAME_MAX];
	char device[IRQLINK_NAME_MAX];
};

#define irqlink_source_name(src)	dev_name(&(src)->dev)

int irqlink_source_init(void);
void irqlink_source_exit(void);

bool irqlink_source_name_fits(const char *name);

struct irqlink_source *irqlink_source_find(u32 id);
struct irqlink_source *irqlink_source_find_name(const char *name);
struct irqlink_source *irqlink_source_after(unsigned long *id);
void irqlink_source_put(struct irqlink_source *src);
int irqlink_source_trigger(struct irqlink_source *src);

/* deliver.c */
extern struct workqueue_struct *irqlink_wq;
int irqlink_deliver_init(void);
void irqlink_deliver_exit(void);
void irqlink_deliver_setup(struct irqlink_source *src);
void irqlink_deliver_stop(struct irqlink_source *src);
void irqlink_deliver_agents(struct irqlink_source *src);
void irqlink_deliver_later(struct irqlink_source *src, unsigned long delay);

#endif /* _IRQLINK_SOURCE_H */
