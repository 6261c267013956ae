/* SPDX-License-Identifier: MIT */
#include "network_internal.h"

#include "codec.h"
#include "file.h"
#include "log.h"
#include "platform_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define UNKNOWN_MS 200

bool evidence_needed(const struct config *c)
{
	return c->policy.isolation != ISOLATION_UNSET && c->policy.isolation != ISOLATION_NONE;
}

bool network_needed(const struct config *c)
{
	return evidence_needed(c) && (*c->network.metadata || *c->network.amd_kds);
}

static int request(unsigned long what, void *argument)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : ioctl(fd, what, argument);
}

/*
 * An interface is kept as its index: udev gives it another name at any moment, also when it is up.
 * A name that is gone is "", which no request takes.
 */
static struct ifreq request_for(unsigned index)
{
	struct ifreq q = {0};

	if (!if_indextoname(index, q.ifr_name))
		q.ifr_name[0] = '\0';
	return q;
}

static bool set_up(unsigned index, bool up)
{
	struct ifreq q = request_for(index);

	if (request(SIOCGIFFLAGS, &q) < 0)
		return false;
	q.ifr_flags = (short)(up ? q.ifr_flags | IFF_UP : q.ifr_flags & ~IFF_UP);
	return request(SIOCSIFFLAGS, &q) == 0;
}

/* Router advertisements would add addresses and routes that nobody asked for. */
static void allow_ipv6(unsigned index, bool allow)
{
	char path[PATH_MAX], under_root[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6",
		       request_for(index).ifr_name);
	platform_under_root(path, under_root);
	f = fopen(under_root, "we");
	if (!f)
		return;
	(void)fputs(allow ? "0\n" : "1\n", f);
	(void)fclose(f);
}

static struct sockaddr_in internet(uint32_t address)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
}

static bool set_address(unsigned index, unsigned long what, uint32_t address)
{
	struct sockaddr_in a = internet(address);
	struct ifreq q = request_for(index);

	memcpy(&q.ifr_addr, &a, sizeof(a));
	return request(what, &q) == 0;
}

static bool add_route(unsigned index, uint32_t target, uint32_t mask, uint32_t router)
{
	struct ifreq q = request_for(index);
	struct sockaddr_in a[3] = {internet(target), internet(mask), internet(router)};
	struct rtentry route = {.rt_flags = (unsigned short)(RTF_UP | (router ? RTF_GATEWAY : 0) |
							     (mask == UINT32_MAX ? RTF_HOST : 0)),
				.rt_dev = q.ifr_name};

	memcpy(&route.rt_dst, &a[0], sizeof(a[0]));
	memcpy(&route.rt_genmask, &a[1], sizeof(a[1]));
	memcpy(&route.rt_gateway, &a[2], sizeof(a[2]));
	return request(SIOCADDRT, &route) == 0 || errno == EEXIST;
}

static uint32_t mask_of(uint8_t prefix)
{
	return (uint32_t)(UINT64_MAX << (32 - prefix));
}

static int apply(unsigned index, const struct dhcp_lease *l, struct err *reterr)
{
	_cleanup_buf_ struct buf text = BUF_INIT(DHCP_TEXT_MAX);
	uint32_t mask = mask_of(l->prefix);
	char path[PATH_MAX];

	if (!set_address(index, SIOCSIFADDR, l->address) ||
	    !set_address(index, SIOCSIFNETMASK, mask))
		return err_errno(reterr, E_NETWORK, errno, "setting the address");
	/* some clouds give a router beyond the netmask */
	if (l->router && (((l->router ^ l->address) & mask) != 0 || l->prefix == 32) &&
	    !add_route(index, l->router, UINT32_MAX, 0))
		return err_errno(reterr, E_NETWORK, errno, "adding a route to the router");
	if (l->router && !add_route(index, 0, 0, l->router))
		return err_errno(reterr, E_NETWORK, errno, "adding the route");
	dhcp_lease_resolv(l, &text);
	platform_under_root(NETWORK_RESOLV, path);
	return file_replace(path, text.data, text.len, 0644, reterr);
}

/* Messages of the kernel about links: an interface that comes, a link that comes up. */
static int open_events(void)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		(void)close(TAKE_FD(fd));
	return fd;
}

/* false: the time is over. What the messages say is not looked at, only that there are some. */
static bool wait_event(int fd, struct deadline deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char message[8192];
	int left = deadline_left_ms(deadline);

	if (left == 0)
		return false;
	if (poll(&p, 1, left) > 0)
		while (recv(fd, message, sizeof(message), 0) > 0)
			;
	return true;
}

/*
 * The state of RFC 2863 that the kernel gives the link, IF_OPER_...; -1: there is none to be had.
 * IFF_RUNNING says yes for an unknown state too.
 */
static int link_state(unsigned index)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} q = {.h = {.nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
	       .i = {.ifi_index = (int)index}};
	union {
		struct nlmsghdr h;
		char bytes[16384];
	} answer;
	const struct rtattr *a;
	ssize_t n;
	int left;

	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q))
		return -1;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct ifinfomsg)) || !NLMSG_OK(&answer.h, (size_t)n) ||
	    answer.h.nlmsg_type != RTM_NEWLINK)
		return -1;
	left = (int)IFLA_PAYLOAD(&answer.h);
	for (a = IFLA_RTA(NLMSG_DATA(&answer.h)); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_OPERSTATE && RTA_PAYLOAD(a) >= 1)
			return *(const uint8_t *)RTA_DATA(a);
	return -1;
}

static int wait_interface(int events, const char *drivers, struct deadline deadline,
			  unsigned *ret, struct err *reterr)
{
	char name[IFNAMSIZ];

	/* a name that has just changed has no index */
	while (!network_choose(drivers, name) || (*ret = if_nametoindex(name)) == 0)
		if (!wait_event(events, deadline))
			return err_set(reterr, E_NETWORK, "no network interface of driver %.100s",
				       drivers);
	return 0;
}

/*
 * A packet that is sent before the link carries some is lost, and the next comes late. A state that
 * is unknown becomes known in a moment, or never does, with drivers that do not say.
 */
static int raise_link(int events, unsigned index, struct deadline deadline, struct err *reterr)
{
	struct deadline known = deadline_in(UNKNOWN_MS);

	allow_ipv6(index, false);
	if (!set_up(index, true))
		return err_errno(reterr, E_NETWORK, errno, "raising the network interface");
	for (;;) {
		int state = link_state(index);
		bool unknown = state == IF_OPER_UNKNOWN;

		if (state == IF_OPER_UP || (unknown && deadline_left_ms(known) == 0))
			return 0;
		if (deadline_left_ms(deadline) == 0)
			return err_set(reterr, E_NETWORK, "'%s' has no link",
				       request_for(index).ifr_name);
		(void)wait_event(events, unknown && known.at_ms < deadline.at_ms ? known : deadline);
	}
}

/* The client takes the interface by its name, which can change while it starts. */
static int get_lease(unsigned index, struct deadline deadline, struct dhcp_lease *ret,
		     struct err *reterr)
{
	struct ifreq before;
	int r;

	do {
		before = request_for(index);
		r = dhcp_run(before.ifr_name, deadline, ret, reterr);
	} while (r < 0 && deadline_left_ms(deadline) > 0 &&
		 strcmp(before.ifr_name, request_for(index).ifr_name) != 0);
	return r;
}

/* Before anything is changed, so that whoever comes after us finds what to undo. */
static int write_state(unsigned index, struct err *reterr)
{
	char path[PATH_MAX], text[16], *slash;

	platform_under_root(NETWORK_STATE, path);
	slash = strrchr(path, '/');
	if (slash) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	(void)snprintf(text, sizeof(text), "%u", index);
	return file_replace(path, text, strlen(text), 0600, reterr);
}

int network_up(const struct network_config *c, struct deadline deadline, struct err *reterr)
{
	_cleanup_close_ int events = -1;
	int64_t begin = now_ms(), link;
	struct dhcp_lease lease;
	unsigned index = 0;
	int r;

	if (!platform_is_initramfs())
		return 0;
	events = open_events();
	if (events < 0)
		return err_errno(reterr, E_NETWORK, errno, "asking the kernel about links");
	r = wait_interface(events, c->drivers, deadline, &index, reterr);
	if (r == 0)
		r = write_state(index, reterr);
	if (r < 0)
		return r;
	r = raise_link(events, index, deadline, reterr);
	link = now_ms();
	if (r == 0)
		r = get_lease(index, deadline, &lease, reterr);
	if (r == 0)
		r = apply(index, &lease, reterr);
	if (r < 0)
		network_down();
	else
		log_debug("network: up, link after %lld ms, address after %lld ms",
			  (long long)(link - begin), (long long)(now_ms() - begin));
	return r;
}

void network_down(void)
{
	_cleanup_buf_ struct buf text = {0};
	char state[PATH_MAX], resolv[PATH_MAX];
	uint64_t index;

	platform_under_root(NETWORK_STATE, state);
	platform_under_root(NETWORK_RESOLV, resolv);
	if (!platform_is_initramfs() || file_read(state, 16, &text, NULL) < 0 ||
	    !decimal_u64((const char *)text.data, INT32_MAX, &index))
		return;
	/* a link that goes down takes its routes along, but not its address */
	(void)set_address((unsigned)index, SIOCSIFADDR, 0);
	if (!set_up((unsigned)index, false))
		log_debug("network: the interface stays up: %s", strerror(errno));
	allow_ipv6((unsigned)index, true);
	(void)unlink(resolv);
	(void)unlink(state);
}
