// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqlink: other ways to hand the events of a source to a program, for
 * irqlink-bench to compare with. For benchmarks only.
 *
 *   sysfs    echo edu0 > /sys/kernel/irqlink_bench/source
 *            /sys/kernel/irqlink_bench/event: poll() for POLLPRI, then read()
 *   UDP      echo edu0 4242 > /sys/kernel/irqlink_bench/udp
 *            127.0.0.1:4242 gets a datagram for each event
 *   procfs   an open /proc/irqlink_bench: write() edu0; poll(), then read()
 *
 * It has events as any module can have them, see irqlink_subscribe(). An empty
 * line ends what the sysfs files began; an open file in /proc keeps the module.
 */
#include <linux/kobject.h>
#include <linux/module.h>

#include "bench.h"
#include "irqlink.h"

static struct kobject *dir;

static int __init irqlink_bench_init(void)
{
	int ret;

	dir = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!dir)
		return -ENOMEM;

	ret = bench_sysfs_add(dir);
	if (ret)
		goto err_dir;
	ret = bench_udp_add(dir);
	if (ret)
		goto err_sysfs;
	ret = bench_procfs_add();
	if (ret)
		goto err_udp;
	return 0;

err_udp:
	bench_udp_remove(dir);
err_sysfs:
	bench_sysfs_remove(dir);
err_dir:
	kobject_put(dir);
	return ret;
}

static void __exit irqlink_bench_exit(void)
{
	bench_procfs_remove();
	bench_udp_remove(dir);
	bench_sysfs_remove(dir);
	kobject_put(dir);
}

module_init(irqlink_bench_init);
module_exit(irqlink_bench_exit);

MODULE_DESCRIPTION("irqlink: other ways to a program, for benchmarks only");
MODULE_AUTHOR("the irqlink authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IRQLINK_VERSION);
