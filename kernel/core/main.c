// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: the core module.
 *
 *   source.c     sources: registration, look-up, end
 *   log.c        the event log and its cursors
 *   deliver.c    the step from the log to the consumers
 *   guard.c      masking until acknowledged, and in storms
 *   agent.c      consumers by netlink_unicast
 *   observer.c   consumers by netlink multicast
 *   subscriber.c consumers that are kernel modules
 *   kind.c       sources that are made at run time
 *   chardev.c    consumers by /dev/irqlink/<source>
 *   netlink*.c   the generic netlink family
 */
#include <linux/module.h>

#include "agent.h"
#include "irqlink.h"
#include "netlink.h"
#include "source.h"

static int __init irqlink_init(void)
{
	int ret;

	ret = irqlink_deliver_init();
	if (ret)
		return ret;
	ret = irqlink_source_init();
	if (ret)
		goto err_deliver;
	ret = irqlink_agent_init();
	if (ret)
		goto err_source;
	ret = irqlink_netlink_init();
	if (ret)
		goto err_agent;
	return 0;

err_agent:
	irqlink_agent_exit();
err_source:
	irqlink_source_exit();
err_deliver:
	irqlink_deliver_exit();
	return ret;
}

static void __exit irqlink_exit(void)
{
	irqlink_netlink_exit();
	irqlink_agent_exit();
	irqlink_source_exit();
	irqlink_deliver_exit();
}

module_init(irqlink_init);
module_exit(irqlink_exit);

MODULE_DESCRIPTION("Device interrupts as messages");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IRQLINK_VERSION);
