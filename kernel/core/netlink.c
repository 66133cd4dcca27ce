// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its operations, and what each accepts.
 *
 * Attributes are validated strictly: one that is unknown, too short or too
 * long is refused with an extended ack that points at it.
 */
#include <linux/module.h>
#include <linux/time64.h>

#include "agent.h"
#include "compat.h"
#include "netlink.h"
#include "source.h"

/* Longer than a name can be, so that the refusal says what it can be. */
#define NAME_MAX_LEN	255

static const struct nla_policy get_policy[IRQLINK_A_SOURCE_NAME + 1] = {
	[IRQLINK_A_SOURCE_ID] = { .type = NLA_U32 },
	[IRQLINK_A_SOURCE_NAME] = { .type = NLA_NUL_STRING,
				    .len = NAME_MAX_LEN },
};

/* Beyond what a policy can hold itself. Not const, for 6.1. */
static struct netlink_range_validation pause_range = {
	.min = 1,
	.max = 60 * MSEC_PER_SEC,
};

static const struct nla_policy set_policy[IRQLINK_A_SOURCE_STORM_PAUSE + 1] = {
	[IRQLINK_A_SOURCE_ID] = { .type = NLA_U32 },
	[IRQLINK_A_SOURCE_DELIVERY] =
		NLA_POLICY_MAX(NLA_U32, IRQLINK_DELIVERY_THREAD),
	[IRQLINK_A_SOURCE_FD] = { .type = NLA_U32 },
	[IRQLINK_A_SOURCE_MODE] =
		NLA_POLICY_MAX(NLA_U32, IRQLINK_MODE_UNTIL_ACK),
	[IRQLINK_A_SOURCE_STORM_LIMIT] = { .type = NLA_U32 },
	[IRQLINK_A_SOURCE_STORM_PAUSE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &pause_range),
};

static const struct nla_policy trigger_policy[IRQLINK_A_SOURCE_FD + 1] = {
	[IRQLINK_A_SOURCE_ID] = { .type = NLA_U32 },
	[IRQLINK_A_SOURCE_FD] = { .type = NLA_U32 },
};

/* The nested ones are validated by the policy of their kind. */
static const struct nla_policy add_policy[IRQLINK_A_SOURCE_PCI + 1] = {
	[IRQLINK_A_SOURCE_NAME] = { .type = NLA_NUL_STRING,
				    .len = NAME_MAX_LEN },
	[IRQLINK_A_SOURCE_SIM] = { .type = NLA_NESTED },
	[IRQLINK_A_SOURCE_GPIO] = { .type = NLA_NESTED },
	[IRQLINK_A_SOURCE_PCI] = { .type = NLA_NESTED },
};

static const struct nla_policy del_policy[IRQLINK_A_SOURCE_ID + 1] = {
	[IRQLINK_A_SOURCE_ID] = { .type = NLA_U32 },
};

static const struct nla_policy ledger_policy[IRQLINK_A_CONSUMER_SOURCE + 1] = {
	[IRQLINK_A_CONSUMER_SOURCE] = { .type = NLA_U32 },
};

static const struct nla_policy register_policy[IRQLINK_A_EVENT_COUNT + 1] = {
	[IRQLINK_A_EVENT_SOURCE] = { .type = NLA_U32 },
	[IRQLINK_A_EVENT_FD] = { .type = NLA_U32 },
	[IRQLINK_A_EVENT_FROM] = { .type = NLA_U64 },
	[IRQLINK_A_EVENT_COUNT] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy leave_policy[IRQLINK_A_EVENT_SOURCE + 1] = {
	[IRQLINK_A_EVENT_SOURCE] = { .type = NLA_U32 },
};

static const struct genl_ops irqlink_ops[] = {
	{
		.cmd = IRQLINK_CMD_SOURCE_GET,
		.doit = irqlink_nl_source_get_doit,
		.dumpit = irqlink_nl_source_get_dumpit,
		.policy = get_policy,
		.maxattr = ARRAY_SIZE(get_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_SOURCE_SET,
		.doit = irqlink_nl_source_set_doit,
		.policy = set_policy,
		.maxattr = ARRAY_SIZE(set_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_TRIGGER,
		.doit = irqlink_nl_trigger_doit,
		.policy = trigger_policy,
		.maxattr = ARRAY_SIZE(trigger_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_ACK,
		.doit = irqlink_nl_ack_doit,
		.policy = trigger_policy,
		.maxattr = ARRAY_SIZE(trigger_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_SOURCE_ADD,
		.doit = irqlink_nl_source_add_doit,
		.policy = add_policy,
		.maxattr = ARRAY_SIZE(add_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_SOURCE_DEL,
		.doit = irqlink_nl_source_del_doit,
		.policy = del_policy,
		.maxattr = ARRAY_SIZE(del_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_CONSUMER_GET,
		.dumpit = irqlink_nl_consumer_get_dumpit,
		.policy = ledger_policy,
		.maxattr = ARRAY_SIZE(ledger_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_AGENT_REGISTER,
		.doit = irqlink_nl_agent_register_doit,
		.policy = register_policy,
		.maxattr = ARRAY_SIZE(register_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_AGENT_UNREGISTER,
		.doit = irqlink_nl_agent_unregister_doit,
		.policy = leave_policy,
		.maxattr = ARRAY_SIZE(leave_policy) - 1,
	},
	{
		.cmd = IRQLINK_CMD_REPLAY,
		.start = irqlink_nl_replay_start,
		.dumpit = irqlink_nl_replay_dumpit,
		.done = irqlink_nl_replay_done,
		.policy = register_policy,
		.maxattr = ARRAY_SIZE(register_policy) - 1,
	},
};

static const struct genl_multicast_group irqlink_groups[] = {
	[IRQLINK_GROUP_SOURCES] = { .name = IRQLINK_MCGRP_SOURCES },
	[IRQLINK_GROUP_EVENTS] = { .name = IRQLINK_MCGRP_EVENTS,
				   .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family irqlink_family __ro_after_init = {
	.name = IRQLINK_FAMILY_NAME,
	.version = IRQLINK_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.ops = irqlink_ops,
	.n_ops = ARRAY_SIZE(irqlink_ops),
	.resv_start_op = IRQLINK_CMD_SOURCE_GET,
	.mcgrps = irqlink_groups,
	.n_mcgrps = ARRAY_SIZE(irqlink_groups),
	IRQLINK_GENL_MEMBERS
};

int __init irqlink_netlink_init(void)
{
	return genl_register_family(&irqlink_family);
}

void irqlink_netlink_exit(void)
{
	genl_unregister_family(&irqlink_family);
}
