/* SPDX-License-Identifier: MIT */
#include "dhcp_lease.h"

#include "codec.h"
#include "ini.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS_SIZE 16		/* "255.255.255.255" and its NUL */

/* Four decimal numbers without leading zeros. */
static bool parse_address(const char *text, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		size_t n = strcspn(text, ".");
		char part[4];
		uint64_t byte;

		if (n == 0 || n >= sizeof(part))
			return false;
		memcpy(part, text, n);
		part[n] = '\0';
		if (!decimal_u64(part, 255, &byte) || text[n] != (i < 3 ? '.' : '\0'))
			return false;
		value = value << 8 | (uint32_t)byte;
		text += n + 1;
	}
	*ret = value;
	return true;
}

/* An address that one machine can have: not 0/8, 127/8, nor 224/3. */
static bool is_unicast(uint32_t a)
{
	return a >> 24 != 0 && a >> 24 != 127 && a >> 29 != 7;
}

static bool parse_prefix(const char *text, uint8_t *ret)
{
	uint32_t mask;

	if (!parse_address(text, &mask) || mask >> 24 != 0xff || (~mask & (~mask + 1)) != 0)
		return false;
	*ret = (uint8_t)__builtin_popcount(mask);
	return true;
}

/* The first max addresses of a list. */
static bool parse_list(const char *text, uint32_t *out, size_t max, size_t *ret_count)
{
	char word[ADDRESS_SIZE];
	uint32_t address;

	*ret_count = 0;
	while (ini_word(&text, word, sizeof(word))) {
		if (!parse_address(word, &address) || !is_unicast(address))
			return false;
		if (*ret_count < max)
			out[(*ret_count)++] = address;
	}
	return *text == '\0';
}

enum { SEEN_IP = 1, SEEN_SUBNET = 2, SEEN_ROUTER = 4, SEEN_DNS = 8 };

/* The key's bit, or 0 if the line is not allowed. */
static unsigned parse_line(struct dhcp_lease *l, const char *key, const char *value)
{
	size_t count;

	if (strcmp(key, "ip") == 0)
		return parse_address(value, &l->address) && is_unicast(l->address) ? SEEN_IP : 0;
	if (strcmp(key, "subnet") == 0)
		return parse_prefix(value, &l->prefix) ? SEEN_SUBNET : 0;
	if (strcmp(key, "router") == 0)
		return parse_list(value, &l->router, 1, &count) ? SEEN_ROUTER : 0;
	if (strcmp(key, "dns") == 0)
		return parse_list(value, l->name_server, DHCP_NAME_SERVERS_MAX,
				  &l->name_server_count) ? SEEN_DNS : 0;
	return 0;
}

int dhcp_lease_parse(struct dhcp_lease *ret, const char *text, size_t len, struct err *reterr)
{
	struct dhcp_lease l = {0};
	unsigned seen = 0;
	char line[256];

	if (len == 0 || len > DHCP_TEXT_MAX || memchr(text, '\0', len))
		return err_set(reterr, E_NETWORK, "DHCP: no lease, or one that makes no sense");
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		char *value;
		unsigned bit = 0;

		if (end && n < sizeof(line)) {
			memcpy(line, text, n);
			line[n] = '\0';
			value = strchr(line, '=');
			if (value) {
				*value++ = '\0';
				bit = parse_line(&l, line, value);
			}
		}
		if (bit == 0 || (seen & bit))
			return err_set(reterr, E_NETWORK, "DHCP: a lease that makes no sense");
		seen |= bit;
		text += n + 1;
		len -= n + 1;
	}
	if (!(seen & SEEN_IP) || !(seen & SEEN_SUBNET) || l.router == l.address)
		return err_set(reterr, E_NETWORK, "DHCP: a lease without address or netmask");
	*ret = l;
	return 0;
}

void dhcp_lease_resolv(const struct dhcp_lease *l, struct buf *ret)
{
	for (size_t i = 0; i < l->name_server_count; i++) {
		uint32_t a = l->name_server[i];
		char line[48];

		(void)snprintf(line, sizeof(line), "nameserver %u.%u.%u.%u\n", a >> 24,
			       a >> 16 & 255, a >> 8 & 255, a & 255);
		buf_put(ret, line, strlen(line));
	}
}
