// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: sources, and the way from a request to the source it may touch.
 */
#include <linux/err.h>

#include "agent.h"
#include "chardev.h"
#include "compat.h"
#include "netlink.h"
#include "source.h"

/**
 * irqlink_nl_source() - the source of a request, if the sender may touch it
 * @id: number of the source
 * @fd: attribute with a descriptor of the source
 * @mode: what the descriptor must be open for
 * @extack: says what was wrong
 *
 * Context: process, on behalf of the sender: doit or the start of a dump.
 * Return: the source with a reference, see irqlink_source_put(), or an
 * ERR_PTR().
 */
struct irqlink_source *irqlink_nl_source(u32 id, struct nlattr *fd,
					 fmode_t mode,
					 struct netlink_ext_ack *extack)
{
	struct irqlink_source *src = irqlink_file_source(nla_get_u32(fd), mode);

	if (src == ERR_PTR(-EBADF))
		NL_SET_ERR_MSG_ATTR(extack, fd, "fd is not an open descriptor");
	else if (src == ERR_PTR(-EINVAL))
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "fd is not a file of /dev/irqlink");
	else if (src == ERR_PTR(-EACCES))
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "fd is not open for this access");
	if (IS_ERR(src))
		return src;

	if (src->id != id) {
		NL_SET_ERR_MSG_ATTR(extack, fd, "fd is of another source");
		irqlink_source_put(src);
		return ERR_PTR(-EINVAL);
	}
	return src;
}

static u32 list_length(const struct list_head *list)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, list)
		n++;
	return n;
}

static int source_put_consumers(struct sk_buff *skb,
				struct irqlink_source *src)
{
	u32 agents, files;

	spin_lock_bh(&src->lock);
	agents = list_length(&src->agents);
	files = list_length(&src->files);
	spin_unlock_bh(&src->lock);

	return nla_put_u32(skb, IRQLINK_A_SOURCE_AGENTS, agents) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_FILES, files);
}

static u32 source_features(struct irqlink_source *src)
{
	u32 features = 0;

	mutex_lock(&src->ops_lock);
	if (src->attached && src->ops->trigger)
		features |= IRQLINK_FEATURE_TRIGGER;
	mutex_unlock(&src->ops_lock);
	return features;
}

static int source_put_log(struct sk_buff *skb, struct irqlink_source *src)
{
	return nla_put_u32(skb, IRQLINK_A_SOURCE_RECORD_SIZE,
			   sizeof(struct irqlink_record)) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_CAPACITY,
			   src->log.mask + 1) ||
	       nla_put_u64_64bit(skb, IRQLINK_A_SOURCE_RAISED,
				 irqlink_log_head(&src->log),
				 IRQLINK_A_SOURCE_PAD) ||
	       nla_put_u64_64bit(skb, IRQLINK_A_SOURCE_OLDEST,
				 irqlink_log_oldest(&src->log),
				 IRQLINK_A_SOURCE_PAD);
}

static int source_put_guard(struct sk_buff *skb,
			    const struct irqlink_guard *guard)
{
	return nla_put_u32(skb, IRQLINK_A_SOURCE_MODE,
			   READ_ONCE(guard->mode)) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_STORM_LIMIT,
			   READ_ONCE(guard->limit)) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_STORM_PAUSE,
			   READ_ONCE(guard->pause_ms)) ||
	       nla_put_u64_64bit(skb, IRQLINK_A_SOURCE_STORMS,
				 READ_ONCE(guard->storms),
				 IRQLINK_A_SOURCE_PAD) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_MASKED,
			   !!READ_ONCE(guard->masked));
}

/* Who the source is; needs no lock, so the delivery step may say it too. */
static int source_put_identity(struct sk_buff *skb,
			       const struct irqlink_source *src)
{
	return nla_put_u32(skb, IRQLINK_A_SOURCE_ID, src->id) ||
	       nla_put_string(skb, IRQLINK_A_SOURCE_NAME,
			      irqlink_source_name(src)) ||
	       nla_put_string(skb, IRQLINK_A_SOURCE_DRIVER, src->driver) ||
	       nla_put_string(skb, IRQLINK_A_SOURCE_DEVICE, src->device) ||
	       nla_put_u32(skb, IRQLINK_A_SOURCE_IRQ, src->irq);
}

/**
 * irqlink_nl_source_fill() - append a message that says all about a source
 * @skb: where to
 * @src: source
 * @port: port that asked, 0 if none did
 * @seq: sequence number of its request
 * @flags: NLM_F_MULTI in a dump
 * @cmd: IRQLINK_CMD_SOURCE_*
 *
 * Context: process, may sleep.
 * Return: 0, or -EMSGSIZE if there is no room.
 */
int irqlink_nl_source_fill(struct sk_buff *skb, struct irqlink_source *src,
			   u32 port, u32 seq, int flags, u8 cmd)
{
	void *hdr = genlmsg_put(skb, port, seq, &irqlink_family, flags, cmd);

	if (!hdr)
		return -EMSGSIZE;
	if (source_put_identity(skb, src) ||
	    nla_put_u32(skb, IRQLINK_A_SOURCE_DELIVERY,
			READ_ONCE(src->delivery)) ||
	    nla_put_u32(skb, IRQLINK_A_SOURCE_FEATURES, source_features(src)) ||
	    source_put_log(skb, src) ||
	    source_put_guard(skb, &src->guard) ||
	    source_put_consumers(skb, src)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * irqlink_netlink_notify() - tell all network namespaces about a source
 * @src: source
 * @cmd: IRQLINK_CMD_SOURCE_*_NTF
 *
 * Context: process, may sleep.
 */
void irqlink_netlink_notify(struct irqlink_source *src, u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return;
	if (irqlink_nl_source_fill(skb, src, 0, 0, 0, cmd)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_multicast_allns(&irqlink_family, skb, 0,
				IRQLINK_GROUP_SOURCES);
}

/**
 * irqlink_netlink_send_gone() - tell an agent that its source has left
 * @src: source
 * @net: network namespace of the agent
 * @port: port of the agent
 *
 * Context: any but hard IRQ, the source's lock may be held; does not sleep.
 * Return: 0, -ENOMEM, -EAGAIN if the socket has no room, or another error if
 * there is no such port.
 */
int irqlink_netlink_send_gone(struct irqlink_source *src, struct net *net,
			      u32 port)
{
	struct sk_buff *skb = genlmsg_new(5 * nla_total_size(IRQLINK_NAME_MAX),
					  GFP_ATOMIC);
	void *hdr;

	if (!skb)
		return -ENOMEM;

	/* Sized for all of it, so neither can fail. */
	hdr = genlmsg_put(skb, 0, 0, &irqlink_family, 0,
			  IRQLINK_CMD_SOURCE_DEL_NTF);
	source_put_identity(skb, src);
	genlmsg_end(skb, hdr);
	return genlmsg_unicast(net, skb, port);
}

/* The source that a source-get asks for, with a reference, or an ERR_PTR(). */
static struct irqlink_source *source_asked_for(struct genl_info *info)
{
	struct nlattr *name = info->attrs[IRQLINK_A_SOURCE_NAME];
	struct nlattr *id = info->attrs[IRQLINK_A_SOURCE_ID];
	struct irqlink_source *src;

	if (!id && !name) {
		GENL_SET_ERR_MSG(info, "give the source's id or name");
		return ERR_PTR(-EINVAL);
	}

	src = id ? irqlink_source_find(nla_get_u32(id)) :
		   irqlink_source_find_name(nla_data(name));
	if (!src) {
		NL_SET_ERR_MSG_ATTR(info->extack, id ?: name,
				    "no such source");
		return ERR_PTR(-ENOENT);
	}
	return src;
}

int irqlink_nl_source_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct irqlink_source *src = source_asked_for(info);
	struct sk_buff *msg;
	int ret = -ENOMEM;

	if (IS_ERR(src))
		return PTR_ERR(src);

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (msg)
		ret = irqlink_nl_source_fill(msg, src, info->snd_portid, info->snd_seq, 0,
				  IRQLINK_CMD_SOURCE_GET);
	irqlink_source_put(src);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	return genlmsg_reply(msg, info);
}

int irqlink_nl_source_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	unsigned long id = cb->args[0];
	struct irqlink_source *src;
	int ret = 0;

	while (!ret && (src = irqlink_source_after(&id))) {
		ret = irqlink_nl_source_fill(skb, src, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, NLM_F_MULTI,
				  IRQLINK_CMD_SOURCE_GET);
		irqlink_source_put(src);
		if (!ret)
			id++;
	}
	cb->args[0] = id;
	return skb->len;
}
