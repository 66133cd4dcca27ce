/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqlink: a PCI function, as the files of its driver know it.
 */
#ifndef _IRQLINK_CLIENTS_PCI_H
#define _IRQLINK_CLIENTS_PCI_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "irqlink.h"

struct pci_dev;

#define IRQLINK_PCI_NONE	U32_MAX	/* the device has no such register */

/**
 * struct irqlink_pci_type - registers of a device, all of them 32 bits wide
 * @name: of its source, if it has one vector; else start of their names
 * @stem: start of the names of its sources, if @name is NULL
 * @bar: BAR that the registers are in
 * @status: offset of the status; it is 0 if the interrupt was not the
 *	device's. IRQLINK_PCI_NONE: every interrupt is the device's, which
 *	takes one that is not shared.
 * @ack: offset to write the status to, so that the device takes its interrupt
 *	back, or IRQLINK_PCI_NONE
 * @trigger: offset to write @trigger_value to, to raise the interrupt, or
 *	IRQLINK_PCI_NONE
 * @trigger_value: see @trigger
 * @vectors: most vectors to use, each a source
 * @kind: for a device that was described at run time, else NULL
 */
struct irqlink_pci_type {
	const char *name;
	const char *stem;
	u32 bar;
	u32 status;
	u32 ack;
	u32 trigger;
	u32 trigger_value;
	u32 vectors;
	const struct irqlink_kind *kind;
};

/**
 * struct irqlink_pci_vector - one vector, which is one source
 * @p: the function
 * @src: its source
 * @irq: its Linux interrupt number
 * @trigger_ns: when it was last triggered, until its interrupt comes
 * @lock: guards @masked and the function's INTx
 * @masked: how often INTx is masked
 */
struct irqlink_pci_vector {
	struct irqlink_pci *p;
	struct irqlink_source *src;
	int irq;
	aligned_u64 trigger_ns;
	raw_spinlock_t lock; /* masked */
	int masked;
};

/**
 * struct irqlink_pci - a function in use
 * @pdev: the function
 * @type: its registers
 * @ops: what can be done for its sources
 * @regs: BAR @type.bar
 * @count: vectors that are set up
 * @vectors: its vectors
 */
struct irqlink_pci {
	struct pci_dev *pdev;
	struct irqlink_pci_type type;
	struct irqlink_source_ops ops;
	void __iomem *regs;
	int count;
	struct irqlink_pci_vector vectors[];
};

/* pci_vector.c */
int irqlink_pci_vectors_setup(struct irqlink_pci *p, int count);
void irqlink_pci_vectors_teardown(struct irqlink_pci *p);

/* pci_described.c */
extern const struct irqlink_kind irqlink_pci_kind;

/* pci.c */
extern struct pci_driver irqlink_pci_driver;

/* Called with the device's lock held. */
struct irqlink_source *irqlink_pci_setup(struct pci_dev *pdev,
					 const struct irqlink_pci_type *type,
					 const char **why);
void irqlink_pci_teardown(struct pci_dev *pdev);
bool irqlink_pci_has(struct pci_dev *pdev, const struct irqlink_source *src);

#endif /* _IRQLINK_CLIENTS_PCI_H */
