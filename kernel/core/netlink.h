/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "irqlink", as irqlink.yaml describes it.
 *
 *   netlink.c           the family: operations and their policies
 *   netlink_source.c    source-get, notifications
 *   netlink_change.c    source-set, source-add, source-del, trigger, ack
 *   netlink_consumer.c  consumer-get: the ledger
 *   netlink_event.c     agent-register, agent-unregister, replay
 *   event.h             event: the message to agents and observers
 */
#ifndef _IRQLINK_NETLINK_H
#define _IRQLINK_NETLINK_H

#include <linux/init.h>
#include <net/genetlink.h>

#include "uapi/irqlink_netlink.h"

struct irqlink_source;

extern struct genl_family irqlink_family;

/* Multicast groups, in the order of the specification. */
enum {
	IRQLINK_GROUP_SOURCES,
	IRQLINK_GROUP_EVENTS,
};

int irqlink_netlink_init(void);
void irqlink_netlink_exit(void);

void irqlink_netlink_notify(struct irqlink_source *src, u8 cmd);
int irqlink_netlink_send_gone(struct irqlink_source *src, struct net *net,
			      u32 port);

int irqlink_nl_source_get_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_source_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int irqlink_nl_source_set_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_trigger_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_ack_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_source_add_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_source_del_doit(struct sk_buff *skb, struct genl_info *info);
int irqlink_nl_consumer_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int irqlink_nl_agent_register_doit(struct sk_buff *skb,
				   struct genl_info *info);
int irqlink_nl_agent_unregister_doit(struct sk_buff *skb,
				     struct genl_info *info);
int irqlink_nl_replay_start(struct netlink_callback *cb);
int irqlink_nl_replay_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int irqlink_nl_replay_done(struct netlink_callback *cb);

int irqlink_nl_source_fill(struct sk_buff *skb, struct irqlink_source *src,
			   u32 port, u32 seq, int flags, u8 cmd);
struct irqlink_source *irqlink_nl_source(u32 id, struct nlattr *fd,
					 fmode_t mode,
					 struct netlink_ext_ack *extack);

#endif /* _IRQLINK_NETLINK_H */
