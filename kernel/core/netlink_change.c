// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: changing, triggering, acknowledging, making and removing sources.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>

#include "irqlink.h"
#include "kind.h"
#include "netlink.h"
#include "source.h"

/* The source that a source-set or trigger may change, or an ERR_PTR(). */
static struct irqlink_source *source_to_change(struct sk_buff *skb,
					       struct genl_info *info)
{
	struct nlattr *fd = info->attrs[IRQLINK_A_SOURCE_FD];
	struct irqlink_source *src;
	u32 id;

	if (GENL_REQ_ATTR_CHECK(info, IRQLINK_A_SOURCE_ID)) {
		GENL_SET_ERR_MSG(info, "give the source's id");
		return ERR_PTR(-EINVAL);
	}
	id = nla_get_u32(info->attrs[IRQLINK_A_SOURCE_ID]);

	if (fd)
		return irqlink_nl_source(id, fd, FMODE_WRITE, info->extack);
	if (!netlink_capable(skb, CAP_SYS_ADMIN)) {
		GENL_SET_ERR_MSG(info,
				 "needs CAP_SYS_ADMIN, or fd of the source opened for writing");
		return ERR_PTR(-EPERM);
	}

	src = irqlink_source_find(id);
	if (!src) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[IRQLINK_A_SOURCE_ID],
				    "no such source");
		return ERR_PTR(-ENOENT);
	}
	return src;
}

static bool may_administer(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return true;
	GENL_SET_ERR_MSG(info, "needs CAP_SYS_ADMIN");
	return false;
}

static int source_set_delivery(struct irqlink_source *src,
			       struct nlattr *delivery,
			       struct netlink_ext_ack *extack)
{
	u32 value = nla_get_u32(delivery);

	if (IS_ENABLED(CONFIG_PREEMPT_RT) && value != IRQLINK_DELIVERY_THREAD) {
		NL_SET_ERR_MSG_ATTR(extack, delivery,
				    "PREEMPT_RT delivers in the thread only");
		return -EOPNOTSUPP;
	}
	WRITE_ONCE(src->delivery, value);
	return 0;
}

static const u32 *u32_or_null(const struct nlattr *attr)
{
	return attr ? nla_data(attr) : NULL;
}

int irqlink_nl_source_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *delivery = info->attrs[IRQLINK_A_SOURCE_DELIVERY];
	struct irqlink_source *src = source_to_change(skb, info);
	int ret = 0;

	if (IS_ERR(src))
		return PTR_ERR(src);

	if (delivery)
		ret = source_set_delivery(src, delivery, info->extack);
	if (!ret) {
		irqlink_guard_set(src,
				  u32_or_null(info->attrs[IRQLINK_A_SOURCE_MODE]),
				  u32_or_null(info->attrs[IRQLINK_A_SOURCE_STORM_LIMIT]),
				  u32_or_null(info->attrs[IRQLINK_A_SOURCE_STORM_PAUSE]));
		irqlink_netlink_notify(src, IRQLINK_CMD_SOURCE_CHANGE_NTF);
	}
	irqlink_source_put(src);
	return ret;
}

int irqlink_nl_trigger_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct irqlink_source *src = source_to_change(skb, info);
	int ret;

	if (IS_ERR(src))
		return PTR_ERR(src);

	ret = irqlink_source_trigger(src);
	if (ret == -EOPNOTSUPP)
		GENL_SET_ERR_MSG(info, "this source cannot trigger itself");
	else if (ret == -ENODEV)
		GENL_SET_ERR_MSG(info, "the device has left");
	irqlink_source_put(src);
	return ret;
}

int irqlink_nl_source_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IRQLINK_A_SOURCE_NAME];
	const char *name = attr ? nla_data(attr) : NULL;
	struct irqlink_source *src;
	struct sk_buff *msg;
	int ret;

	if (!may_administer(skb, info))
		return -EPERM;
	if (name && !irqlink_source_name_fits(name)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, IRQLINK_NAME_RULE);
		return -EINVAL;
	}

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;

	src = irqlink_kind_add(name, info->attrs, info->extack);
	if (src == ERR_PTR(-EEXIST))
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the name is taken");
	if (IS_ERR(src)) {
		nlmsg_free(msg);
		return PTR_ERR(src);
	}

	ret = irqlink_nl_source_fill(msg, src, info->snd_portid, info->snd_seq, 0,
			  IRQLINK_CMD_SOURCE_ADD);
	irqlink_source_put(src);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	return genlmsg_reply(msg, info);
}

int irqlink_nl_source_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (!may_administer(skb, info))
		return -EPERM;
	if (GENL_REQ_ATTR_CHECK(info, IRQLINK_A_SOURCE_ID)) {
		GENL_SET_ERR_MSG(info, "give the source's id");
		return -EINVAL;
	}
	return irqlink_kind_remove(nla_get_u32(info->attrs[IRQLINK_A_SOURCE_ID]),
				   info->extack);
}

int irqlink_nl_ack_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct irqlink_source *src = source_to_change(skb, info);
	int ret;

	if (IS_ERR(src))
		return PTR_ERR(src);

	ret = irqlink_guard_ack(src);
	if (ret == -EALREADY)
		GENL_SET_ERR_MSG(info, "the source does not wait to be acknowledged");
	else if (ret)
		GENL_SET_ERR_MSG(info, "the device has left");
	irqlink_source_put(src);
	return ret;
}
