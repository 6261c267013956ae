/* SPDX-License-Identifier: MIT */
/* What an image has for evidence of the hardware: the time floor, and the network if it needs one. */
#include "image_tree.h"

#include "fetch.h"
#include "floor.h"
#include "network.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void check_built_at(struct image_tree *t)
{
	char dir[PATH_MAX];

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", t->dir, CONFIG_DIR) < sizeof(dir) &&
	    floor_seconds(dir) > 0)
		return;
	tree_finding(t, E_IMAGE_FILE, "boot image lacks its build time, '%s/%s'", CONFIG_DIR,
		     FLOOR_FILE);
}

static void check_roots(struct image_tree *t, const struct network_config *c)
{
	if (*c->roots && !tree_exists(t, c->roots))
		tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s', [network] roots", c->roots);
	if (*c->roots)
		return;
	for (size_t i = 0; fetch_bundle(i); i++)
		if (tree_exists(t, fetch_bundle(i)))
			return;
	tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s', or [network] roots", fetch_bundle(0));
}

static void check_dhcp(struct image_tree *t)
{
	if (!tree_is_executable(t, NETWORK_DHCP_EVENT))
		tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s'", NETWORK_DHCP_EVENT);
	for (size_t i = 0; network_client(i); i++) {
		if (!tree_is_executable(t, network_client(i)))
			continue;
		tree_check_program(t, network_client(i));
		return;
	}
	tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s', the DHCP client", network_client(0));
}

void image_check_evidence(struct image_tree *t, const struct config *config)
{
	if (evidence_needed(config))
		check_built_at(t);
	if (!network_needed(config))
		return;
	(void)snprintf(t->drivers, sizeof(t->drivers), "%s", config->network.drivers);
	tree_check_program(t, FETCH_PROGRAM);
	if (fetch_uses_tls(&config->network))
		check_roots(t, &config->network);
	check_dhcp(t);
}
