/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqlink: what a driver calls to make an interrupt a source of events, and
 * what any module calls to have the events of a source.
 *
 *   probe:     src = irqlink_source_register(&desc);
 *              request_threaded_irq(irq, hardirq, irqlink_thread_fn,
 *                                   IRQF_NO_THREAD, name, src);
 *   hardirq:   return irqlink_post(src, &event);
 *   remove:    irqlink_source_detach(src);
 *              free_irq(irq, src);
 *              irqlink_source_unregister(src);
 *
 * IRQF_NO_THREAD keeps the handler, and so the stamp, in hard-IRQ context
 * under PREEMPT_RT and "threadirqs"; the thread function still runs.
 *
 *   listen:    sub = irqlink_subscribe("edu0", &ops, priv);
 *              ops.event(priv, record), for each event
 *              irqlink_unsubscribe(sub);
 */
#ifndef _IRQLINK_H
#define _IRQLINK_H

#include <linux/irqreturn.h>
#include <linux/preempt.h>
#include <linux/types.h>

#include "uapi/irqlink.h"

/* MODULE_VERSION() of all modules, and the version of the Rust crates. */
#define IRQLINK_VERSION	"0.1.0"

struct device;
struct irqlink_kind;
struct irqlink_record;
struct irqlink_source;
struct irqlink_subscriber;
struct netlink_ext_ack;
struct nla_policy;
struct nlattr;

/**
 * struct irqlink_source_ops - what a driver can do for its source
 * @trigger: have the device raise its interrupt; optional. Process context,
 *	may sleep, one call at a time. Return: 0 or a negative error.
 * @mask: mask the interrupt, in its own handler; disable_irq_nosync() on the
 *	source's irq if there is none. It nests, as that does.
 * @unmask: undo one @mask; enable_irq() if there is none. Process context,
 *	may sleep.
 */
struct irqlink_source_ops {
	int (*trigger)(void *priv);
	void (*mask)(void *priv);
	void (*unmask)(void *priv);
};

#define IRQLINK_NAME_RULE \
	"a name has 1 to 31 letters, digits, '-', '_' and '.', and does not begin with '.'"

/**
 * struct irqlink_source_desc - a source to be registered
 * @name: its name, see IRQLINK_NAME_RULE; if NULL, @stem makes one
 * @stem: start of the name, to which the lowest free number is added
 * @driver: name of the driver, for people
 * @device: name of what raises the interrupt, for people; of @parent if NULL
 * @parent: device that raises the interrupt, or NULL
 * @irq: Linux interrupt number, 0 if there is none
 * @ops: the driver's operations, kept until irqlink_source_detach()
 * @priv: handed to @ops and given by irqlink_source_priv()
 * @kind: if it is made at run time, else NULL
 */
struct irqlink_source_desc {
	const char *name;
	const char *stem;
	const char *driver;
	const char *device;
	struct device *parent;
	unsigned int irq;
	const struct irqlink_source_ops *ops;
	void *priv;
	const struct irqlink_kind *kind;
};

/**
 * struct irqlink_event - one interrupt, as its handler saw it
 * @time_ns: ktime_get_ns(), the first thing that the handler does
 * @trigger_ns: ktime_get_ns() of the cause where it is known, else 0
 * @flags: IRQLINK_RECORD_*; irqlink_post() adds irqlink_stamp_flags()
 * @status: the device's interrupt status word, 0 if it has none
 * @payload: what the source wants to say
 */
struct irqlink_event {
	u64 time_ns;
	u64 trigger_ns;
	u32 flags;
	u32 status;
	u64 payload[2];
};

/**
 * irqlink_stamp_flags() - where a handler takes its stamp
 *
 * On PREEMPT_RT a controller may call handlers from a thread of its own, and an
 * interrupt that is sent anew in software comes in softirq.
 *
 * Context: the source's interrupt handler.
 * Return: IRQLINK_RECORD_THREAD, if it is not in hard IRQ, else 0.
 */
static inline u32 irqlink_stamp_flags(void)
{
	return in_hardirq() ? 0 : IRQLINK_RECORD_THREAD;
}

struct irqlink_source *
irqlink_source_register(const struct irqlink_source_desc *desc);
void irqlink_source_detach(struct irqlink_source *src);
void irqlink_source_unregister(struct irqlink_source *src);
struct irqlink_source *irqlink_source_get(struct irqlink_source *src);
void *irqlink_source_priv(const struct irqlink_source *src);
const char *irqlink_source_label(const struct irqlink_source *src);
const char *irqlink_source_device(const struct irqlink_source *src);

/**
 * struct irqlink_kind - a kind of source that can be made at run time
 * @attr: IRQLINK_A_SOURCE_*, the attribute whose nested ones describe it
 * @policy: of the nested attributes
 * @maxattr: the last of them, at most IRQLINK_KIND_MAXATTR
 * @add: make one. @name is NULL if the driver shall choose, @attrs are
 *	validated. Process context, may sleep, one call at a time with @remove.
 *	Return: the source with a reference, see irqlink_source_get(), or an
 *	ERR_PTR() with @extack saying what was wrong.
 * @remove: remove one that @add made; its device may have left already
 */
struct irqlink_kind {
	int attr;
	const struct nla_policy *policy;
	int maxattr;
	struct irqlink_source *(*add)(const char *name, struct nlattr **attrs,
				      struct netlink_ext_ack *extack);
	void (*remove)(struct irqlink_source *src);
};

#define IRQLINK_KIND_MAXATTR	8

int irqlink_kind_register(const struct irqlink_kind *kind);
void irqlink_kind_unregister(const struct irqlink_kind *kind);

irqreturn_t irqlink_post(struct irqlink_source *src,
			 const struct irqlink_event *event);
void irqlink_post_in_thread(struct irqlink_source *src,
			    const struct irqlink_event *event);
irqreturn_t irqlink_thread_fn(int irq, void *src);

/**
 * struct irqlink_subscriber_ops - what a module does with a source's events
 * @name: name of the module, for the ledger
 * @event: one event, in order: an interrupt, or the range that was lost to this
 *	subscriber (IRQLINK_RECORD_LOST). @rec is a copy, valid until it returns.
 * @gone: the device has left: no event follows. Optional; irqlink_unsubscribe()
 *	is due all the same.
 *
 * Both run where the source delivers, in softirq or in a thread with softirqs
 * disabled, one call at a time for each source. They must not sleep, nor
 * unsubscribe, nor take a lock that is held elsewhere with softirqs enabled. All
 * other consumers of the source wait meanwhile, so be short.
 */
struct irqlink_subscriber_ops {
	const char *name;
	void (*event)(void *priv, const struct irqlink_record *rec);
	void (*gone)(void *priv);
};

struct irqlink_subscriber *
irqlink_subscribe(const char *source, const struct irqlink_subscriber_ops *ops,
		  void *priv);
void irqlink_unsubscribe(struct irqlink_subscriber *sub);

#endif /* _IRQLINK_H */
