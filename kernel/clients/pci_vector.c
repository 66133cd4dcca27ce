// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: the vectors of a PCI function, each a source.
 */
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "irqlink.h"
#include "pci.h"

/* Process context, one call at a time. */
static int pci_trigger(void *priv)
{
	struct irqlink_pci_vector *v = priv;
	struct irqlink_pci *p = v->p;

	/* Pairs with the acquire in pci_take_trigger(). */
	irqlink_store_release(&v->trigger_ns, ktime_get_ns());
	iowrite32(p->type.trigger_value, p->regs + p->type.trigger);
	return 0;
}

/*
 * An INTx line may be shared: disabling it would mask the others as well, so
 * the function is told not to drive it. Any context.
 */
static void pci_add_intx_mask(struct irqlink_pci_vector *v, int count)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->lock, flags);
	/* The handler reads it without the lock. */
	WRITE_ONCE(v->masked, v->masked + count);
	pci_intx(v->p->pdev, !v->masked);
	raw_spin_unlock_irqrestore(&v->lock, flags);
}

/* Hard IRQ. */
static void pci_mask_intx(void *priv)
{
	pci_add_intx_mask(priv, 1);
}

/* Process context. */
static void pci_unmask_intx(void *priv)
{
	pci_add_intx_mask(priv, -1);
}

static void ops_setup(struct irqlink_pci *p)
{
	if (p->type.trigger != IRQLINK_PCI_NONE)
		p->ops.trigger = pci_trigger;
	if (!pci_dev_msi_enabled(p->pdev)) {
		p->ops.mask = pci_mask_intx;
		p->ops.unmask = pci_unmask_intx;
	}
}

/* The trigger that this interrupt answers; one set meanwhile is the next's. */
static u64 pci_take_trigger(struct irqlink_pci_vector *v, u64 now)
{
	/* Pairs with the release in pci_trigger(). */
	u64 trigger_ns = irqlink_load_acquire(&v->trigger_ns);

	if (!trigger_ns || trigger_ns > now)
		return 0;
	/* Whether it is read again before or after this does not matter. */
	irqlink_store_release(&v->trigger_ns, 0);
	return trigger_ns;
}

/* Hard IRQ, on PREEMPT_RT too (IRQF_NO_THREAD). */
static irqreturn_t pci_hardirq(int irq, void *data)
{
	struct irqlink_event event = { .time_ns = ktime_get_ns() };
	struct irqlink_pci_vector *v = irqlink_source_priv(data);
	struct irqlink_pci *p = v->p;

	/* Another device's: this one waits to be unmasked. */
	if (READ_ONCE(v->masked))
		return IRQ_NONE;
	if (p->type.status != IRQLINK_PCI_NONE) {
		event.status = ioread32(p->regs + p->type.status);
		/* Not ours, or all ones: the device has been pulled. */
		if (!event.status || PCI_POSSIBLE_ERROR(event.status))
			return IRQ_NONE;
	}
	if (p->type.ack != IRQLINK_PCI_NONE)
		iowrite32(event.status, p->regs + p->type.ack);

	event.trigger_ns = pci_take_trigger(v, event.time_ns);
	return irqlink_post(data, &event);
}

static int vector_setup(struct irqlink_pci *p, int i, int count)
{
	struct irqlink_pci_vector *v = &p->vectors[i];
	struct pci_dev *pdev = p->pdev;
	const struct irqlink_source_desc desc = {
		.name = count == 1 ? p->type.name : NULL,
		.stem = p->type.name ?: p->type.stem,
		.driver = KBUILD_MODNAME,
		.parent = &pdev->dev,
		.irq = pci_irq_vector(pdev, i),
		.ops = &p->ops,
		.priv = v,
		.kind = p->type.kind,
	};
	unsigned long flags = IRQF_NO_THREAD;
	int ret;

	if (!pci_dev_msi_enabled(pdev))
		flags |= IRQLINK_IRQF_SHARED;

	v->p = p;
	v->irq = desc.irq;
	raw_spin_lock_init(&v->lock);
	v->src = irqlink_source_register(&desc);
	if (IS_ERR(v->src))
		return PTR_ERR(v->src);

	ret = request_threaded_irq(v->irq, pci_hardirq, irqlink_thread_fn,
				   flags, irqlink_source_label(v->src),
				   v->src);
	if (ret) {
		irqlink_source_detach(v->src);
		irqlink_source_unregister(v->src);
	}
	return ret;
}

/**
 * irqlink_pci_vectors_teardown() - the sources of a function leave
 * @p: the function; its registers are mapped still
 *
 * The last ones first.
 *
 * Context: process, may sleep.
 */
void irqlink_pci_vectors_teardown(struct irqlink_pci *p)
{
	struct irqlink_pci_vector *v;

	while (p->count) {
		v = &p->vectors[--p->count];
		irqlink_source_detach(v->src);
		free_irq(v->irq, v->src);
		irqlink_source_unregister(v->src);
	}
}

/**
 * irqlink_pci_vectors_setup() - make the vectors of a function sources
 * @p: the function; its registers are mapped, its vectors allocated
 * @count: vectors
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int irqlink_pci_vectors_setup(struct irqlink_pci *p, int count)
{
	int ret;

	ops_setup(p);
	for (p->count = 0; p->count < count; p->count++) {
		ret = vector_setup(p, p->count, count);
		if (ret) {
			irqlink_pci_vectors_teardown(p);
			return ret;
		}
	}
	return 0;
}
