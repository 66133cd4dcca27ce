/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources that are made at run time, by a driver that registered the kind.
 */
#ifndef _IRQLINK_KIND_H
#define _IRQLINK_KIND_H

#include "irqlink.h"

struct irqlink_source *
irqlink_kind_add(const char *name, struct nlattr **attrs,
		 struct netlink_ext_ack *extack);
int irqlink_kind_remove(u32 id, struct netlink_ext_ack *extack);

#endif /* _IRQLINK_KIND_H */
