/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An agent: a netlink port that registered for a source.
 */
#ifndef _IRQLINK_AGENT_H
#define _IRQLINK_AGENT_H

#include <linux/list.h>

#include "log.h"

struct irqlink_source;
struct sock;

#define IRQLINK_BATCH_MAX	32	/* records in one message */

/**
 * struct irqlink_agent - one consumer by netlink_unicast
 * @cursor: its place in the log
 * @batch: most records in one message
 * @retries: attempts since the last message that went out
 * @congested: the socket had no room at the last attempt
 * @ended: nothing will be sent any more
 * @no_room: times that the socket had no room
 * @retried: attempts after one that failed
 * @by_source: in the source's list; with all of the above under its lock
 * @by_age: in the list of all agents
 * @src: the source, with a reference
 * @sk: the socket, with a reference: by it an agent is known, as its port may be
 *	another socket's before URELEASE comes
 * @port: its netlink port
 * @pid: process that registered
 */
struct irqlink_agent {
	struct irqlink_cursor cursor;
	u32 batch;
	u32 retries;
	bool congested;
	bool ended;
	u64 no_room;
	u64 retried;
	struct list_head by_source;

	struct list_head by_age;
	struct irqlink_source *src;
	struct sock *sk;
	u32 port;
	pid_t pid;
};

int irqlink_agent_init(void);
void irqlink_agent_exit(void);

int irqlink_agent_register(struct irqlink_source *src, struct sock *sk,
			   u32 port, const u64 *from, u32 batch, u64 *next);
void irqlink_agent_start(struct irqlink_source *src, struct sock *sk);
int irqlink_agent_unregister(u32 source, struct sock *sk);
void irqlink_agent_deliver(struct irqlink_agent *agent);
void irqlink_agent_reap(struct irqlink_source *src);

#endif /* _IRQLINK_AGENT_H */
