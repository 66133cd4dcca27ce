// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: PCI functions that tell in a register why they interrupt.
 *
 * What is particular to a device is an entry of the table: where its status
 * and acknowledge registers are, and how to have it raise its interrupt.
 */
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "irqlink.h"

/**
 * struct irqlink_pci_type - registers of a device, all of them 32 bits wide
 * @stem: start of the names of its sources
 * @bar: BAR that the registers are in
 * @status: offset of the status; it is 0 if the interrupt was not the device's
 * @ack: offset to write the status to, so that the device takes it back
 * @trigger: offset to write @trigger_value to, to raise the interrupt;
 *	0 if the device has none
 * @trigger_value: see @trigger
 */
struct irqlink_pci_type {
	const char *stem;
	int bar;
	u32 status;
	u32 ack;
	u32 trigger;
	u32 trigger_value;
};

/* QEMU's educational device: docs/specs/edu.rst in QEMU. */
static const struct irqlink_pci_type edu = {
	.stem = "edu",
	.bar = 0,
	.status = 0x24,
	.ack = 0x64,
	.trigger = 0x60,
	.trigger_value = 1,
};

static const struct pci_device_id irqlink_pci_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8), .driver_data = (kernel_ulong_t)&edu },
	{ }
};
MODULE_DEVICE_TABLE(pci, irqlink_pci_ids);

/**
 * struct irqlink_pci - a bound function
 * @type: its registers
 * @regs: BAR @type->bar
 * @src: its source
 * @irq: its vector
 * @trigger_ns: when it was last triggered, until its interrupt comes
 */
struct irqlink_pci {
	const struct irqlink_pci_type *type;
	void __iomem *regs;
	struct irqlink_source *src;
	int irq;
	u64 trigger_ns;
};

/* Process context, one call at a time. */
static int pci_trigger(void *priv)
{
	struct irqlink_pci *p = priv;

	WRITE_ONCE(p->trigger_ns, ktime_get_ns());
	iowrite32(p->type->trigger_value, p->regs + p->type->trigger);
	return 0;
}

static const struct irqlink_source_ops trigger_ops = {
	.trigger = pci_trigger,
};

static const struct irqlink_source_ops no_ops;

/* The trigger that this interrupt answers; one set meanwhile is the next's. */
static u64 pci_take_trigger(struct irqlink_pci *p, u64 now)
{
	u64 trigger_ns = READ_ONCE(p->trigger_ns);

	if (!trigger_ns || trigger_ns > now)
		return 0;
	WRITE_ONCE(p->trigger_ns, 0);
	return trigger_ns;
}

/* Hard IRQ, on PREEMPT_RT too (IRQF_NO_THREAD). */
static irqreturn_t pci_hardirq(int irq, void *data)
{
	struct irqlink_event event = { .time_ns = ktime_get_ns() };
	struct irqlink_pci *p = irqlink_source_priv(data);

	event.status = ioread32(p->regs + p->type->status);
	/* Not ours, or all ones: the device has been pulled. */
	if (!event.status || PCI_POSSIBLE_ERROR(event.status))
		return IRQ_NONE;
	iowrite32(event.status, p->regs + p->type->ack);

	event.trigger_ns = pci_take_trigger(p, event.time_ns);
	return irqlink_post(data, &event);
}

static int pci_add_source(struct irqlink_pci *p, struct pci_dev *pdev)
{
	const struct irqlink_source_desc desc = {
		.stem = p->type->stem,
		.driver = KBUILD_MODNAME,
		.parent = &pdev->dev,
		.irq = p->irq,
		.ops = p->type->trigger ? &trigger_ops : &no_ops,
		.priv = p,
	};
	int ret;

	p->src = irqlink_source_register(&desc);
	if (IS_ERR(p->src))
		return PTR_ERR(p->src);

	ret = request_threaded_irq(p->irq, pci_hardirq, irqlink_thread_fn,
				   IRQF_NO_THREAD, pci_name(pdev), p->src);
	if (ret)
		irqlink_source_unregister(p->src);
	return ret;
}

static int pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct irqlink_pci *p;
	int ret;

	p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->type = (const struct irqlink_pci_type *)id->driver_data;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(p->type->bar), KBUILD_MODNAME);
	if (ret)
		return ret;
	p->regs = pcim_iomap_table(pdev)[p->type->bar];

	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no MSI vector\n");
	p->irq = pci_irq_vector(pdev, 0);

	ret = pci_add_source(p, pdev);
	if (ret) {
		pci_free_irq_vectors(pdev);
		return ret;
	}
	pci_set_drvdata(pdev, p);
	return 0;
}

static void pci_remove(struct pci_dev *pdev)
{
	struct irqlink_pci *p = pci_get_drvdata(pdev);

	irqlink_source_detach(p->src);
	free_irq(p->irq, p->src);
	irqlink_source_unregister(p->src);
	pci_free_irq_vectors(pdev);
}

static struct pci_driver irqlink_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = irqlink_pci_ids,
	.probe = pci_probe,
	.remove = pci_remove,
};
module_pci_driver(irqlink_pci_driver);

MODULE_DESCRIPTION("irqlink: PCI functions as sources");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
