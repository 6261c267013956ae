/* SPDX-License-Identifier: MIT */
/* What else an image could do than boot the volume: open others, take input, give a shell. */
#include "image_tree.h"

#include "cmdline.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SCRIPT_MAX (1u << 20)

static const char generators[] = "/lib/systemd/system-generators";

/* A file that must not be there, as folder and pattern. */
struct unwanted {
	const char *folder, *pattern;
	enum err_code code;
	const char *what;
};

static const struct unwanted unwanted[] = {
	{"/sbin", "cryptsetup", E_IMAGE_OPENER, "opens volumes"},
	{"/bin", "clevis*", E_IMAGE_OPENER, "opens volumes"},
	{"/bin", "cryptroot-unlock", E_IMAGE_OPENER, "opens volumes"},
	{"/sbin", "cryptroot-ask", E_IMAGE_OPENER, "opens volumes"},
	{"/lib/systemd", "systemd-cryptsetup", E_IMAGE_OPENER, "opens volumes"},
	{"/lib/dracut/hooks/cmdline", "*crypt.sh", E_IMAGE_OPENER, "opens volumes"},
	{"/lib/dracut/hooks/cmdline", "*luks*.sh", E_IMAGE_OPENER, "opens volumes"},
	{"/bin", "resume", E_IMAGE_INPUT, "reads a hibernation image"},
	{"/sbin", "resume", E_IMAGE_INPUT, "reads a hibernation image"},
	{"/lib/dracut/hooks/cmdline", "*resume*.sh", E_IMAGE_INPUT, "reads a hibernation image"},
	{"/lib/systemd", "systemd-hibernate-resume", E_IMAGE_INPUT, "reads a hibernation image"},
	{"/sbin", "dropbear", E_IMAGE_SHELL, "gives a shell over the network"},
	{"/sbin", "sshd", E_IMAGE_SHELL, "gives a shell over the network"},
	{"/sbin", "tinysshd", E_IMAGE_SHELL, "gives a shell over the network"},
};

/* Boot scripts of initramfs-tools, in whatever folder below /scripts. */
static const struct unwanted unwanted_scripts[] = {
	{"", "crypt*", E_IMAGE_OPENER, "opens volumes"},
	{"", "clevis", E_IMAGE_OPENER, "opens volumes"},
	{"", "tpm2*", E_IMAGE_OPENER, "opens volumes"},
	{"", "resume", E_IMAGE_INPUT, "reads a hibernation image"},
	{"", "uswsusp", E_IMAGE_INPUT, "reads a hibernation image"},
	{"", "dropbear", E_IMAGE_SHELL, "gives a shell over the network"},
	{"", "overlayroot", E_IMAGE_INPUT, "lays something else over the root"},
};

static void check_unwanted(struct image_tree *t, const struct unwanted *u, const char *folder)
{
	char name[256];

	if (tree_match(t, folder, u->pattern, name, sizeof(name)))
		tree_finding(t, u->code, "boot image: '%s/%s' %s", folder, name, u->what);
}

/* A crypttab with anything but comments in it. */
static void check_crypttab(struct image_tree *t, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	char *save = NULL;

	if (!tree_read(t, path, SCRIPT_MAX, &text))
		return;
	for (char *l = strtok_r((char *)text.data, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		l += strspn(l, " \t");
		if (*l && *l != '#') {
			tree_finding(t, E_IMAGE_OPENER, "boot image: '%s' has '%.80s'", path, l);
			return;
		}
	}
}

struct baked {
	struct image_tree *tree;
	const char *path;
};

static void baked_finding(void *context, int code, const char *message)
{
	const struct baked *b = context;

	/* what is missing there stands on the real command line */
	if (code == E_CMDLINE_FORBIDDEN)
		tree_finding(b->tree, E_CMDLINE_FORBIDDEN, "boot image: '%s': %s", b->path,
			     message);
}

/* dracut adds the lines of /etc/cmdline.d to the kernel's. */
static bool check_baked_line(void *context, const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	struct image_tree *t = context;
	char path[PATH_MAX];
	struct baked b = {.tree = t, .path = path};

	(void)snprintf(path, sizeof(path), "/etc/cmdline.d/%s", name);
	if (tree_read(t, path, SCRIPT_MAX, &text))
		(void)cmdline_judge((const char *)text.data, NULL, true, baked_finding, &b, NULL);
	return true;
}

void image_check_openers(struct image_tree *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(unwanted); i++)
		check_unwanted(t, &unwanted[i], unwanted[i].folder);
	check_crypttab(t, "/etc/crypttab");
	check_crypttab(t, "/cryptroot/crypttab");
	tree_list(t, "/etc/cmdline.d", check_baked_line, t);
}

static bool check_script_folder(void *context, const char *name)
{
	struct image_tree *t = context;
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "/scripts/%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(unwanted_scripts); i++)
		check_unwanted(t, &unwanted_scripts[i], folder);
	return true;
}

/* Our script, and its place in the order once mkinitramfs has written that. */
static void check_script(struct image_tree *t, const char *folder, enum err_code code)
{
	_cleanup_buf_ struct buf order = {0};
	char path[PATH_MAX], line[PATH_MAX + 2];

	(void)snprintf(path, sizeof(path), "/scripts/%s/cvmcrypt", folder);
	if (!tree_is_executable(t, path)) {
		tree_finding(t, code, "boot image lacks '%s'", path);
		return;
	}
	(void)snprintf(line, sizeof(line), "%s ", path);
	(void)snprintf(path, sizeof(path), "/scripts/%s/ORDER", folder);
	if (tree_read(t, path, SCRIPT_MAX, &order) && !strstr((const char *)order.data, line))
		tree_finding(t, code, "boot image: '%s' does not run cvmcrypt", path);
}

void image_check_initramfs_tools(struct image_tree *t)
{
	static const char *const tools[] = {"/bin/sh", "/bin/sleep", "/bin/poweroff",
					    "/bin/run-init"};
	char sbin[32];

	tree_list(t, "/scripts", check_script_folder, t);
	check_script(t, "init-top", E_IMAGE_FILE);
	check_script(t, "local-top", E_IMAGE_FILE);
	check_script(t, "init-bottom", E_IMAGE_SHELL);
	check_script(t, "panic", E_IMAGE_SHELL);
	if (!tree_exists(t, "/conf/conf.d/cvmcrypt"))
		tree_finding(t, E_IMAGE_FILE,
			     "boot image lacks '/conf/conf.d/cvmcrypt', which names the root");
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		/* klibc's are in /bin, busybox's poweroff and run-init in /sbin */
		(void)snprintf(sbin, sizeof(sbin), "/s%s", tools[i] + 1);
		if (!tree_is_executable(t, tools[i]) && !(i >= 2 && tree_is_executable(t, sbin)))
			tree_finding(t, E_IMAGE_FILE, "boot image lacks '%s'", tools[i]);
	}
}

/* The unit file that systemd would take; NULL: none, or masked. */
static const char *unit_folder(const struct image_tree *t, const char *unit)
{
	static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folders[i], unit);
		if (tree_is_masked(t, path))
			return NULL;
		if (tree_exists(t, path))
			return folders[i];
	}
	return NULL;
}

static void check_no_dropin(struct image_tree *t, const char *unit)
{
	static const char *const folders[] = {"/etc/systemd/system", "/lib/systemd/system"};
	char path[PATH_MAX], name[256];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.d", folders[i], unit);
		if (tree_match(t, path, "*.conf", name, sizeof(name)))
			tree_finding(t, E_IMAGE_SHELL,
				     "boot image: '%s/%s' changes a unit that ends the boot", path,
				     name);
	}
}

/* A unit whose only command is this one. */
static void check_unit(struct image_tree *t, const char *unit, const char *command,
		       enum err_code code)
{
	_cleanup_buf_ struct buf text = {0};
	const char *folder = unit_folder(t, unit);
	char path[PATH_MAX], *save = NULL;
	bool found = false;

	if (!folder) {
		tree_finding(t, code, "boot image lacks the unit '%s'", unit);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", folder, unit);
	if (!tree_read(t, path, SCRIPT_MAX, &text)) {
		tree_finding(t, code, "boot image: '%s' cannot be read", path);
		return;
	}
	for (char *l = strtok_r((char *)text.data, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		const char *value = strchr(l, '=');

		if (strncmp(l, "Exec", 4) != 0 || !value)
			continue;
		if (strcmp(value + 1, command) != 0) {
			tree_finding(t, code, "boot image: '%s' has '%.80s', not '%s'", path, l,
				     command);
			return;
		}
		found = true;
	}
	if (!found)
		tree_finding(t, code, "boot image: '%s' does not run '%s'", path, command);
	check_no_dropin(t, unit);
}

static void check_wanted(struct image_tree *t, const char *by, const char *unit, enum err_code code)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/etc/systemd/system/%s.requires/%s", by, unit);
	if (!tree_exists(t, path))
		tree_finding(t, code, "boot image lacks '%s'", path);
}

static void check_generator(struct image_tree *t, const char *name, enum err_code code,
			    const char *what)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/etc/systemd/system-generators/systemd-%s-generator",
		       name);
	if (tree_is_masked(t, path))
		return;
	if (tree_exists(t, path))
		tree_finding(t, code, "boot image: '%s' %s", path, what);
	(void)snprintf(path, sizeof(path), "%s/systemd-%s-generator", generators, name);
	if (tree_exists(t, path))
		tree_finding(t, code, "boot image: '%s' %s", path, what);
}

/* Units that give a login or a shell on a console. */
static void check_consoles(struct image_tree *t)
{
	static const char *const units[] = {
		"debug-shell.service", "getty@.service",
		"serial-getty@.service", "console-getty.service",
		"container-getty@.service", "systemd-ask-password-console.service",
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const char *folder = unit_folder(t, units[i]);

		if (folder)
			tree_finding(t, E_IMAGE_SHELL, "boot image: '%s/%s' asks at a console",
				     folder, units[i]);
	}
}

void image_check_systemd(struct image_tree *t)
{
	static const char end[] = "/usr/sbin/cvmcrypt close --fail";

	check_unit(t, "cvmcrypt-unlock.service", "/usr/sbin/cvmcrypt unlock", E_IMAGE_FILE);
	check_unit(t, "cvmcrypt-handoff.service", "/usr/sbin/cvmcrypt handoff --root /sysroot",
		   E_IMAGE_FILE);
	check_unit(t, "cvmcrypt-fail.service", end, E_IMAGE_SHELL);
	check_unit(t, "emergency.service", end, E_IMAGE_SHELL);
	check_unit(t, "rescue.service", end, E_IMAGE_SHELL);
	check_unit(t, "dracut-emergency.service", end, E_IMAGE_SHELL);
	check_wanted(t, "initrd-root-device.target", "cvmcrypt-unlock.service", E_IMAGE_FILE);
	check_wanted(t, "initrd.target", "cvmcrypt-unlock.service", E_IMAGE_FILE);
	check_wanted(t, "initrd-switch-root.service", "cvmcrypt-handoff.service", E_IMAGE_FILE);
	check_generator(t, "cryptsetup", E_IMAGE_OPENER, "makes units that open volumes");
	check_generator(t, "gpt-auto", E_IMAGE_INPUT, "mounts partitions by their type");
	check_generator(t, "hibernate-resume", E_IMAGE_INPUT, "reads a hibernation image");
	check_generator(t, "debug", E_IMAGE_SHELL, "can give a shell");
	check_generator(t, "run", E_IMAGE_SHELL, "runs what the command line says");
	check_consoles(t);
}
