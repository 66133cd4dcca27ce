// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: PCI functions, by their MSI-X or MSI vectors or their INTx line.
 *
 * What is particular to a device is an entry of the table: where its status
 * and acknowledge registers are, and how to have it raise its interrupt. For
 * a device that the table does not know the same is told at run time, see
 * pci_described.c. What an interrupt does is in pci_vector.c.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "irqlink.h"
#include "pci.h"

/* The name that it had until 6.8. */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

/* QEMU's educational device: docs/specs/edu.rst in QEMU. */
static const struct irqlink_pci_type edu = {
	.stem = "edu",
	.bar = 0,
	.status = 0x24,
	.ack = 0x64,
	.trigger = 0x60,
	.trigger_value = 1,
	.vectors = 1,
};

/* QEMU's ivshmem-doorbell: docs/specs/ivshmem-spec.rst in QEMU. */
static const struct irqlink_pci_type ivshmem = {
	.stem = "ivshmem",
	.bar = 0,
	.status = IRQLINK_PCI_NONE,
	.ack = IRQLINK_PCI_NONE,
	.trigger = IRQLINK_PCI_NONE,
	.vectors = 64,
};

static const struct pci_device_id irqlink_pci_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8), .driver_data = (kernel_ulong_t)&edu },
	{ PCI_DEVICE(0x1af4, 0x1110), .driver_data = (kernel_ulong_t)&ivshmem },
	{ }
};
MODULE_DEVICE_TABLE(pci, irqlink_pci_ids);

/* An INTx line is shared, so it takes a status register. */
static int vectors_alloc(struct pci_dev *pdev,
			 const struct irqlink_pci_type *type)
{
	unsigned int flags = PCI_IRQ_MSIX | PCI_IRQ_MSI;

	if (type->status != IRQLINK_PCI_NONE)
		flags |= PCI_IRQ_INTX;
	return pci_alloc_irq_vectors(pdev, 1, type->vectors, flags);
}

static bool register_fits(struct pci_dev *pdev, u32 bar, u32 offset)
{
	return offset == IRQLINK_PCI_NONE ||
	       (IS_ALIGNED(offset, 4) &&
		offset + 4ULL <= pci_resource_len(pdev, bar));
}

/* Against the BAR's real size: a typing error shall not touch other memory. */
static int type_check(struct pci_dev *pdev,
		      const struct irqlink_pci_type *type, const char **why)
{
	if (type->bar >= PCI_STD_NUM_BARS || !pci_resource_len(pdev, type->bar)) {
		*why = "the device has no such BAR";
		return -EINVAL;
	}
	if (!register_fits(pdev, type->bar, type->status) ||
	    !register_fits(pdev, type->bar, type->ack) ||
	    !register_fits(pdev, type->bar, type->trigger)) {
		*why = "a register is not aligned to 4 bytes, or beyond the end of the BAR";
		return -ERANGE;
	}
	if (type->ack != IRQLINK_PCI_NONE &&
	    type->status == IRQLINK_PCI_NONE) {
		*why = "an acknowledge register takes a status register";
		return -EINVAL;
	}
	return 0;
}

/* Not every board has room for all the I/O BARs that it is asked for. */
static int enable_bar(struct pci_dev *pdev, u32 bar)
{
	if (pci_resource_flags(pdev, bar) & IORESOURCE_IO)
		return pci_enable_device(pdev);
	return pci_enable_device_mem(pdev);
}

/* The registers are mapped; what is missing are the vectors. */
static struct irqlink_pci *pci_begin(struct pci_dev *pdev,
				     const struct irqlink_pci_type *type,
				     void __iomem *regs, const char **why)
{
	struct irqlink_pci *p;
	int count, ret;

	pci_set_master(pdev);
	count = vectors_alloc(pdev, type);
	if (count < 0) {
		*why = "the device has no interrupt vector";
		return ERR_PTR(count);
	}

	*why = "not enough memory";
	ret = -ENOMEM;
	p = kzalloc(struct_size(p, vectors, count), GFP_KERNEL);
	if (!p)
		goto err_vectors;
	p->pdev = pdev;
	p->type = *type;
	p->regs = regs;

	*why = "a source cannot be registered";
	ret = irqlink_pci_vectors_setup(p, count);
	if (ret)
		goto err_free;
	return p;

err_free:
	kfree(p);
err_vectors:
	pci_free_irq_vectors(pdev);
	return ERR_PTR(ret);
}

/**
 * irqlink_pci_setup() - begin to use a function
 * @pdev: function, bound and not in use
 * @type: its registers
 * @why: set to what was wrong, for people
 *
 * Context: process, may sleep; the device's lock is held.
 * Return: the source of the first vector, or an ERR_PTR().
 */
struct irqlink_source *irqlink_pci_setup(struct pci_dev *pdev,
					 const struct irqlink_pci_type *type,
					 const char **why)
{
	struct irqlink_pci *p;
	void __iomem *regs;
	int ret;

	*why = "not enough memory";
	ret = type_check(pdev, type, why);
	if (ret)
		return ERR_PTR(ret);

	*why = "the device cannot be enabled";
	ret = enable_bar(pdev, type->bar);
	if (ret)
		return ERR_PTR(ret);
	*why = "the BAR is in use by someone else";
	ret = pci_request_region(pdev, type->bar, KBUILD_MODNAME);
	if (ret)
		goto err_disable;
	*why = "the BAR cannot be mapped";
	ret = -ENOMEM;
	regs = pci_iomap(pdev, type->bar, 0);
	if (!regs)
		goto err_region;

	p = pci_begin(pdev, type, regs, why);
	if (IS_ERR(p)) {
		ret = PTR_ERR(p);
		goto err_unmap;
	}
	pci_set_drvdata(pdev, p);
	return p->vectors[0].src;

err_unmap:
	pci_iounmap(pdev, regs);
err_region:
	pci_release_region(pdev, type->bar);
err_disable:
	pci_disable_device(pdev);
	return ERR_PTR(ret);
}

/**
 * irqlink_pci_teardown() - stop using a function
 * @pdev: function, in use or not
 *
 * Context: process, may sleep; the device's lock is held.
 */
void irqlink_pci_teardown(struct pci_dev *pdev)
{
	struct irqlink_pci *p = pci_get_drvdata(pdev);

	if (!p)
		return;
	pci_set_drvdata(pdev, NULL);
	irqlink_pci_vectors_teardown(p);
	pci_free_irq_vectors(pdev);
	pci_iounmap(pdev, p->regs);
	pci_release_region(pdev, p->type.bar);
	pci_disable_device(pdev);
	kfree(p);
}

/**
 * irqlink_pci_has() - is this a source of the function?
 * @pdev: function, in use or not
 * @src: source, to be compared with only
 *
 * Context: process; the device's lock is held.
 * Return: whether it is.
 */
bool irqlink_pci_has(struct pci_dev *pdev, const struct irqlink_source *src)
{
	const struct irqlink_pci *p = pci_get_drvdata(pdev);
	int i;

	for (i = 0; p && i < p->count; i++)
		if (p->vectors[i].src == src)
			return true;
	return false;
}

static int pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct irqlink_source *src;
	const char *why;

	/* Bound by driver_override: it waits for its description. */
	if (!id->driver_data)
		return 0;

	src = irqlink_pci_setup(pdev, (const struct irqlink_pci_type *)
				      id->driver_data, &why);
	if (IS_ERR(src))
		return dev_err_probe(&pdev->dev, PTR_ERR(src), "%s\n", why);
	return 0;
}

static void pci_remove(struct pci_dev *pdev)
{
	irqlink_pci_teardown(pdev);
}

struct pci_driver irqlink_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = irqlink_pci_ids,
	.probe = pci_probe,
	.remove = pci_remove,
};

static int __init irqlink_pci_init(void)
{
	int ret;

	ret = pci_register_driver(&irqlink_pci_driver);
	if (ret)
		return ret;
	ret = irqlink_kind_register(&irqlink_pci_kind);
	if (ret)
		pci_unregister_driver(&irqlink_pci_driver);
	return ret;
}

static void __exit irqlink_pci_exit(void)
{
	irqlink_kind_unregister(&irqlink_pci_kind);
	pci_unregister_driver(&irqlink_pci_driver);
}

module_init(irqlink_pci_init);
module_exit(irqlink_pci_exit);

MODULE_DESCRIPTION("irqlink: PCI functions as sources");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IRQLINK_VERSION);
