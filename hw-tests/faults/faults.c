// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with a defect of each sort that a run in the lab must not survive.
 * Lockdep comes first: it gives up at its first report, and when memory was
 * found to be bad.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

static void faults_deadlock(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void faults_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(20);
	spin_unlock(&lock);
}

/* What the compiler cannot see through, it keeps. */
static void faults_shift(void)
{
	int bits = 40;

	OPTIMIZER_HIDE_VAR(bits);
	bits = 1 << bits;
	OPTIMIZER_HIDE_VAR(bits);
}

static void faults_overrun(void)
{
	char *bytes = kmalloc(8, GFP_KERNEL);
	size_t end = 8;

	OPTIMIZER_HIDE_VAR(end);
	if (bytes)
		bytes[end] = 0;
	kfree(bytes);
}

static void faults_leak(void)
{
	void *lost = kmalloc(123, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(lost);
}

static int __init faults_init(void)
{
	faults_deadlock(&a, &b);
	faults_deadlock(&b, &a);
	faults_sleep();
	faults_shift();
	WARN(1, "on purpose\n");
	faults_overrun();
	faults_leak();
	return 0;
}

static void __exit faults_exit(void)
{
}

module_init(faults_init);
module_exit(faults_exit);

MODULE_DESCRIPTION("Defects on purpose");
MODULE_LICENSE("GPL");
