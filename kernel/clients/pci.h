/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the driver of PCI functions and their description at run time.
 */
#ifndef _IRQLINK_CLIENTS_PCI_H
#define _IRQLINK_CLIENTS_PCI_H

#include <linux/types.h>

struct irqlink_kind;
struct irqlink_source;
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

extern const struct irqlink_kind irqlink_pci_kind;
extern struct pci_driver irqlink_pci_driver;

/* Called with the device's lock held. */
struct irqlink_source *irqlink_pci_setup(struct pci_dev *pdev,
					 const struct irqlink_pci_type *type,
					 const char **why);
void irqlink_pci_teardown(struct pci_dev *pdev);
bool irqlink_pci_has(struct pci_dev *pdev, const struct irqlink_source *src);

#endif /* _IRQLINK_CLIENTS_PCI_H */
