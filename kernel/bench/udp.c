// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams over the loopback, one for each event, sent where the event is
 * delivered.
 */
#include <linux/err.h>
#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uio.h>
#include <net/inet_common.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "bench.h"
#include "irqlink.h"
#include "uapi/irqlink.h"

static DEFINE_MUTEX(choosing); /* sub, sock */
static struct irqlink_subscriber *sub;
static struct socket *sock;

/*
 * Softirq, or a thread with softirqs disabled. Without corking udp_sendmsg()
 * takes no lock of the socket, so it does not sleep. Not by kernel_sendmsg(),
 * which asks the security modules: AppArmor wants that in process context only.
 */
static void udp_event(void *priv, const struct irqlink_record *rec)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = {
		.iov_base = (void *)rec,
		.iov_len = sizeof(*rec),
	};

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, sizeof(*rec));
	/* UDP promises nothing. What was lost shows by the next number. */
	inet_sendmsg(sock, &msg, sizeof(*rec));
}

static const struct irqlink_subscriber_ops udp_ops = {
	.name = KBUILD_MODNAME,
	.event = udp_event,
};

/* Called with the mutex held. */
static void udp_end(void)
{
	if (sub)
		irqlink_unsubscribe(sub);
	sub = NULL;
	if (sock)
		sock_release(sock);
	sock = NULL;
}

/* Called with the mutex held. */
static int udp_begin(const char *source, u16 port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	struct irqlink_subscriber *begun;
	int ret;

	ret = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
			       &sock);
	if (ret) {
		sock = NULL;
		return ret;
	}
	sock->sk->sk_allocation = GFP_ATOMIC;
	ret = kernel_connect(sock, (struct sockaddr *)&to, sizeof(to), 0);
	if (ret)
		return ret;

	begun = irqlink_subscribe(source, &udp_ops, NULL);
	if (IS_ERR(begun))
		return PTR_ERR(begun);
	sub = begun;
	return 0;
}

static ssize_t udp_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t count)
{
	char name[32];
	bool begin;
	unsigned int port;
	int ret = 0;

	begin = *skip_spaces(buf);
	if (begin && (sscanf(buf, "%31s %u", name, &port) != 2 ||
		      !port || port > U16_MAX))
		return -EINVAL;

	mutex_lock(&choosing);
	udp_end();
	if (begin)
		ret = udp_begin(name, port);
	if (ret)
		udp_end();
	mutex_unlock(&choosing);
	return ret ?: count;
}

static struct kobj_attribute udp_attr = __ATTR_WO(udp);

int bench_udp_add(struct kobject *dir)
{
	return sysfs_create_file(dir, &udp_attr.attr);
}

void bench_udp_remove(struct kobject *dir)
{
	/* Nobody chooses a source any more. */
	sysfs_remove_file(dir, &udp_attr.attr);
	udp_end();
}
