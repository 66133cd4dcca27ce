/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqlink_bench: a file for each way out of the kernel.
 */
#ifndef _IRQLINK_BENCH_H
#define _IRQLINK_BENCH_H

#include <linux/types.h>

struct kobject;

/* Files in the module's folder of sysfs; removed by the other function. */
int bench_sysfs_add(struct kobject *dir);
void bench_sysfs_remove(struct kobject *dir);

int bench_udp_add(struct kobject *dir);
void bench_udp_remove(struct kobject *dir);

int bench_procfs_add(void);
void bench_procfs_remove(void);

#endif /* _IRQLINK_BENCH_H */
