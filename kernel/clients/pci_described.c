// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: PCI functions that are described at run time.
 *
 * A person binds the function with driver_override and tells what its
 * registers are: so the maker of an FPGA writes no C.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/pci.h>
#include <net/netlink.h>

#include "irqlink.h"
#include "pci.h"
#include "uapi/irqlink_netlink.h"

#define ADDRESS_MAX	31

static const struct nla_policy pci_policy[IRQLINK_A_PCI_VECTORS + 1] = {
	[IRQLINK_A_PCI_DEVICE] = { .type = NLA_NUL_STRING,
				   .len = ADDRESS_MAX },
	[IRQLINK_A_PCI_BAR] = { .type = NLA_U32 },
	[IRQLINK_A_PCI_STATUS] = { .type = NLA_U32 },
	[IRQLINK_A_PCI_ACK] = { .type = NLA_U32 },
	[IRQLINK_A_PCI_TRIGGER] = { .type = NLA_U32 },
	[IRQLINK_A_PCI_TRIGGER_VALUE] = { .type = NLA_U32 },
	[IRQLINK_A_PCI_VECTORS] = NLA_POLICY_RANGE(NLA_U32, 1, 2048),
};

static u32 get_or(struct nlattr *attr, u32 otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

/* Called with the device's lock held. The source has a reference. */
static struct irqlink_source *
describe(struct pci_dev *pdev, const char *name, struct nlattr **attrs,
	 const char **why)
{
	const struct irqlink_pci_type type = {
		.name = name,
		.stem = "pci",
		.bar = nla_get_u32(attrs[IRQLINK_A_PCI_BAR]),
		.status = get_or(attrs[IRQLINK_A_PCI_STATUS],
				 IRQLINK_PCI_NONE),
		.ack = get_or(attrs[IRQLINK_A_PCI_ACK], IRQLINK_PCI_NONE),
		.trigger = get_or(attrs[IRQLINK_A_PCI_TRIGGER],
				  IRQLINK_PCI_NONE),
		.trigger_value = get_or(attrs[IRQLINK_A_PCI_TRIGGER_VALUE], 1),
		.vectors = get_or(attrs[IRQLINK_A_PCI_VECTORS], 1),
		.kind = &irqlink_pci_kind,
	};
	struct irqlink_source *src;

	if (pdev->dev.driver != &irqlink_pci_driver.driver) {
		*why = "the device is not bound to irqlink_pci; set its driver_override";
		return ERR_PTR(-ENODEV);
	}
	if (pci_get_drvdata(pdev)) {
		*why = "the device is in use already";
		return ERR_PTR(-EBUSY);
	}
	src = irqlink_pci_setup(pdev, &type, why);
	return IS_ERR(src) ? src : irqlink_source_get(src);
}

static struct pci_dev *find(const char *address)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL,
						     address);

	return dev ? to_pci_dev(dev) : NULL;
}

static struct irqlink_source *pci_add(const char *name, struct nlattr **attrs,
				      struct netlink_ext_ack *extack)
{
	const char *why = "there is no such PCI device";
	struct irqlink_source *src;
	struct pci_dev *pdev;

	if (!attrs[IRQLINK_A_PCI_DEVICE] || !attrs[IRQLINK_A_PCI_BAR]) {
		NL_SET_ERR_MSG(extack, "give the device and its BAR");
		return ERR_PTR(-EINVAL);
	}

	pdev = find(nla_data(attrs[IRQLINK_A_PCI_DEVICE]));
	if (pdev) {
		device_lock(&pdev->dev);
		src = describe(pdev, name, attrs, &why);
		device_unlock(&pdev->dev);
		pci_dev_put(pdev);
	} else {
		src = ERR_PTR(-ENODEV);
	}

	/* A string literal of the driver's, as the extack wants. */
	if (IS_ERR(src) && extack)
		extack->_msg = why;
	return src;
}

/* All sources of the device go with this one. */
static void pci_forget(struct irqlink_source *src)
{
	struct pci_dev *pdev = find(irqlink_source_device(src));

	if (!pdev)
		return;
	device_lock(&pdev->dev);
	if (irqlink_pci_has(pdev, src))
		irqlink_pci_teardown(pdev);
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
}

const struct irqlink_kind irqlink_pci_kind = {
	.attr = IRQLINK_A_SOURCE_PCI,
	.policy = pci_policy,
	.maxattr = ARRAY_SIZE(pci_policy) - 1,
	.add = pci_add,
	.remove = pci_forget,
};
