// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: registering for events, and reading them again.
 */
#include <linux/err.h>
#include <linux/fs.h>

#include "agent.h"
#include "compat.h"
#include "netlink.h"
#include "source.h"

/* The source that may be listened to, with a reference, or an ERR_PTR(). */
static struct irqlink_source *source_to_hear(struct nlattr **attrs,
					     struct netlink_ext_ack *extack)
{
	struct nlattr *id = attrs[IRQLINK_A_EVENT_SOURCE];
	struct nlattr *fd = attrs[IRQLINK_A_EVENT_FD];
	struct irqlink_source *src;

	if (!id || !fd) {
		NL_SET_ERR_MSG(extack,
			       "give the source's id, and fd of its open file");
		return ERR_PTR(-EINVAL);
	}

	src = irqlink_source_find(nla_get_u32(id));
	if (!src) {
		NL_SET_ERR_MSG_ATTR(extack, id, "no such source");
		return ERR_PTR(-ENOENT);
	}
	irqlink_source_put(src);

	return irqlink_nl_source(nla_get_u32(id), fd, FMODE_READ, extack);
}

static void register_explain(struct genl_info *info, int err)
{
	if (err == -EEXIST)
		GENL_SET_ERR_MSG(info,
				 "this port is registered for the source already");
	else if (err == -ERANGE)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[IRQLINK_A_EVENT_FROM],
				    "from lies beyond the next event");
	else if (err == -ENODEV)
		GENL_SET_ERR_MSG(info, "the device has left");
}

static int register_port(struct irqlink_source *src, struct sk_buff *skb,
			 struct genl_info *info, u64 *next)
{
	struct nlattr *count = info->attrs[IRQLINK_A_EVENT_COUNT];
	struct nlattr *from = info->attrs[IRQLINK_A_EVENT_FROM];
	u64 begin = from ? nla_get_u64(from) : 0;
	int ret;

	ret = irqlink_agent_register(src, NETLINK_CB(skb).sk,
				     info->snd_portid, from ? &begin : NULL,
				     count ? nla_get_u32(count) :
					     IRQLINK_BATCH_MAX, next);
	register_explain(info, ret);
	return ret;
}

int irqlink_nl_agent_register_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct irqlink_source *src = source_to_hear(info->attrs, info->extack);
	struct sk_buff *msg;
	void *hdr;
	u64 next;
	int ret;

	if (IS_ERR(src))
		return PTR_ERR(src);

	ret = -ENOMEM;
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		goto out;

	ret = register_port(src, skb, info, &next);
	if (ret) {
		nlmsg_free(msg);
		goto out;
	}

	/* A page has room for all of it. */
	hdr = genlmsg_put_reply(msg, info, &irqlink_family, 0,
				IRQLINK_CMD_AGENT_REGISTER);
	nla_put_u32(msg, IRQLINK_A_EVENT_SOURCE, src->id);
	nla_put_u64_64bit(msg, IRQLINK_A_EVENT_FROM, next, IRQLINK_A_EVENT_PAD);
	genlmsg_end(msg, hdr);
	ret = genlmsg_reply(msg, info);
	if (ret)
		irqlink_agent_unregister(src->id, NETLINK_CB(skb).sk);
	else
		irqlink_agent_start(src, NETLINK_CB(skb).sk);
out:
	irqlink_source_put(src);
	return ret;
}

int irqlink_nl_agent_unregister_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, IRQLINK_A_EVENT_SOURCE)) {
		GENL_SET_ERR_MSG(info, "give the source's id");
		return -EINVAL;
	}

	ret = irqlink_agent_unregister(nla_get_u32(info->attrs[IRQLINK_A_EVENT_SOURCE]),
				       NETLINK_CB(skb).sk);
	if (ret)
		GENL_SET_ERR_MSG(info,
				 "this port is not registered for the source");
	return ret;
}

/* A replay under way. It ends with what the log held when it began. */
struct replay {
	struct irqlink_source *src;
	u64 next;
	u64 end;
};

static struct replay *replay_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct replay) > sizeof(cb->ctx));
	return (struct replay *)cb->ctx;
}

int irqlink_nl_replay_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = irqlink_dump_attrs(cb);
	struct nlattr *count = attrs[IRQLINK_A_EVENT_COUNT];
	struct nlattr *from = attrs[IRQLINK_A_EVENT_FROM];
	struct replay *replay = replay_of(cb);
	struct irqlink_source *src;
	u64 head;

	src = source_to_hear(attrs, cb->extack);
	if (IS_ERR(src))
		return PTR_ERR(src);

	head = irqlink_log_head(&src->log);
	replay->src = src;
	replay->next = from ? nla_get_u64(from) : 0;
	if (!replay->next)
		replay->next = irqlink_log_oldest(&src->log);
	replay->end = head + 1;
	if (count && replay->next < replay->end)
		replay->end = min(replay->end,
				  replay->next + nla_get_u32(count));
	return 0;
}

/* Append records while there is room; true if any was. */
static bool replay_fill(struct sk_buff *skb, struct replay *replay)
{
	struct irqlink_cursor cur;
	struct irqlink_record rec;
	struct irqlink_span span;
	bool any = false;

	irqlink_cursor_init(&cur, replay->next);
	while (cur.next < replay->end &&
	       irqlink_cursor_peek(&cur, &replay->src->log, &rec, &span)) {
		if (nla_put(skb, IRQLINK_A_EVENT_RECORD, sizeof(rec), &rec))
			break;
		irqlink_cursor_pass(&cur, &span);
		any = true;
	}
	replay->next = cur.next;
	return any;
}

int irqlink_nl_replay_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct replay *replay = replay_of(cb);
	void *hdr;

	if (replay->next >= replay->end)
		return 0;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &irqlink_family, NLM_F_MULTI, IRQLINK_CMD_REPLAY);
	if (!hdr || nla_put_u32(skb, IRQLINK_A_EVENT_SOURCE, replay->src->id) ||
	    !replay_fill(skb, replay))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return skb->len;
}

int irqlink_nl_replay_done(struct netlink_callback *cb)
{
	irqlink_source_put(replay_of(cb)->src);
	return 0;
}
