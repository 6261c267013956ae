/* SPDX-License-Identifier: MIT */
/*
 * Four programs read the kernel command line, and split it differently: the kernel knows double
 * quotes, systemd knows double and single quotes and backslashes, the boot scripts split at white
 * space. A line on which they could disagree is refused; one with plain double quotes is judged
 * both ways.
 */
#include "cmdline.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KERNEL_LINE_MAX 2047	/* COMMAND_LINE_SIZE of x86, less the NUL; the rest is cut off */
#define TOKEN_MAX 512		/* of a name or value that a rule looks at; longer is refused */

enum rule_kind {
	ANY,		/* the name, with or without a value */
	PREFIX,		/* names that start so */
	WORD,		/* the name without a value */
	UNLESS,		/* forbidden but for the values listed */
	UNLESS_FALSE,	/* forbidden but for a false value */
	UNLESS_UNDER,	/* forbidden but for values that start so */
	IF_UNDER,	/* forbidden for values that start with one of those listed */
	IF_LISTS,	/* a comma list that names one of those listed */
};

struct rule {
	const char *name;
	enum rule_kind kind;
	const char *values;
	const char *why;
};

static const char shell[] = "can open a shell before the root is entered";
static const char target[] = "starts something else than the system";
static const char opener[] = "makes another program open volumes";
static const char debugger[] = "lets the console debug the kernel";
static const char environment[] = "becomes an environment variable of the programs that boot";
static const char unmeasured[] = "makes the kernel use data that nothing measures";
static const char module[] = "keeps a module that is needed from loading";
static const char hibernation[] = "reads a hibernation image from an unproven disk";
static const char root_elsewhere[] = "enters a root from elsewhere";

static const char our_modules[] = "dm_mod dm_crypt xts ecb aes aes_generic aesni_intel cryptd "
	"crypto_simd tpm tpm_tis tpm_tis_core tpm_crb";

/* '-' and '_' are the same in a name, as for the kernel's module parameters and systemd. */
static const struct rule forbidden[] = {
	{"rd.break", PREFIX, NULL, shell},
	{"rdbreak", PREFIX, NULL, shell},
	{"rd.shell", UNLESS_FALSE, NULL, shell},
	{"rdshell", UNLESS_FALSE, NULL, shell},
	{"rd.debug", UNLESS_FALSE, NULL, "writes a trace of the boot to the console"},
	{"rdinitdebug", UNLESS_FALSE, NULL, "writes a trace of the boot to the console"},
	{"rd.cmdline", ANY, NULL, "asks the console for more parameters"},
	{"break", ANY, NULL, shell},
	{"systemd.break", ANY, NULL, shell},
	{"rd.systemd.break", ANY, NULL, shell},
	{"systemd.debug_shell", UNLESS_FALSE, NULL, shell},
	{"rd.systemd.debug_shell", UNLESS_FALSE, NULL, shell},
	{"systemd.crash_shell", UNLESS_FALSE, NULL, shell},
	{"systemd.confirm_spawn", UNLESS_FALSE, NULL, "lets the console decide what starts"},
	{"init", UNLESS, "/sbin/init /usr/sbin/init /lib/systemd/systemd /usr/lib/systemd/systemd",
	 target},
	{"rdinit", UNLESS, "/init", target},
	{"single", WORD, NULL, target},
	{"emergency", WORD, NULL, target},
	{"rescue", WORD, NULL, target},
	{"rd.emergency", WORD, NULL, target},
	{"rd.rescue", WORD, NULL, target},
	{"1", WORD, NULL, target},
	{"s", WORD, NULL, target},
	{"S", WORD, NULL, target},
	{"-s", WORD, NULL, target},
	{"-b", WORD, NULL, target},
	{"--", ANY, NULL, "hands arguments to init"},
	{"systemd.unit", ANY, NULL, target},
	{"rd.systemd.unit", ANY, NULL, target},
	{"systemd.wants", ANY, NULL, target},
	{"rd.systemd.wants", ANY, NULL, target},
	{"systemd.run", PREFIX, NULL, target},
	{"systemd.mask", IF_UNDER, "cvmcrypt", "keeps a unit of cvmcrypt from starting"},
	{"rd.systemd.mask", IF_UNDER, "cvmcrypt emergency rescue dracut-emergency",
	 "keeps a unit of cvmcrypt from starting"},
	{"systemd.setenv", ANY, NULL, environment},
	{"systemd.set_credential", PREFIX, NULL, "gives services a credential"},
	{"LD_", PREFIX, NULL, environment},
	{"GLIBC_TUNABLES", ANY, NULL, environment},
	{"MALLOC_", PREFIX, NULL, environment},
	{"OPENSSL_", PREFIX, NULL, environment},
	{"SSL_", PREFIX, NULL, environment},
	{"TSS2_", PREFIX, NULL, environment},
	{"DM_", PREFIX, NULL, environment},
	{"LVM_", PREFIX, NULL, environment},
	{"SYSTEMD_", PREFIX, NULL, environment},
	{"PATH", ANY, NULL, environment},
	{"ENV", ANY, NULL, environment},
	{"BASH_ENV", ANY, NULL, environment},
	{"cryptdevice", ANY, NULL, opener},
	{"cryptkey", ANY, NULL, opener},
	{"cryptopts", ANY, NULL, opener},
	{"crypto", ANY, NULL, opener},
	{"luks", UNLESS_FALSE, NULL, opener},
	{"luks.", PREFIX, NULL, opener},
	{"rd.luks", UNLESS_FALSE, NULL, opener},
	{"rd.luks.", PREFIX, NULL, opener},
	{"rd_LUKS", PREFIX, NULL, opener},
	{"dm_mod.create", ANY, NULL, opener},
	{"roothash", ANY, NULL, opener},
	{"usrhash", ANY, NULL, opener},
	{"boot", UNLESS, "local", root_elsewhere},
	{"nfsroot", ANY, NULL, root_elsewhere},
	{"rootfallback", ANY, NULL, root_elsewhere},
	{"mount.usr", UNLESS_UNDER, "/dev/mapper/", root_elsewhere},
	{"resume", ANY, NULL, hibernation},
	{"resume_offset", ANY, NULL, hibernation},
	{"kgdb", PREFIX, NULL, debugger},
	{"ekgdb", PREFIX, NULL, debugger},
	{"sysrq_always_enabled", ANY, NULL, debugger},
	{"mem_encrypt", UNLESS, "on", "turns memory encryption off"},
	{"tsc", ANY, NULL, "changes how far the host's clock is believed"},
	{"acpi", ANY, NULL, unmeasured},
	{"acpi_rsdp", ANY, NULL, unmeasured},
	{"acpi_override", PREFIX, NULL, unmeasured},
	{"efivar_ssdt", ANY, NULL, unmeasured},
	{"initrd", ANY, NULL, unmeasured},
	{"initrdmem", ANY, NULL, unmeasured},
	{"initcall_blacklist", ANY, NULL, "keeps a part of the kernel from starting"},
	{"module_blacklist", IF_LISTS, our_modules, module},
	{"modprobe.blacklist", IF_LISTS, our_modules, module},
	{"rd.driver.blacklist", IF_LISTS, our_modules, module},
	{"blacklist", IF_LISTS, our_modules, module},
};

/* Each must be there, and every mention must say no. */
static const struct {
	const char *name, *no, *why;	/* "no" as the manual spells it */
} required_no[] = {
	{"systemd.import_credentials", "no", "systemd takes credentials from the host"},
	{"systemd.gpt_auto", "0", "systemd mounts partitions by their type"},
	{"rd.systemd.gpt_auto", "0", "systemd mounts partitions by their type"},
};

struct token {
	char name[TOKEN_MAX], value[TOKEN_MAX];
	bool has_value;
	bool too_long, odd_quotes;
};

struct judge {
	const char *mapping;
	bool stack_allowed;
	cmdline_finding on_finding;
	void *context;
	struct err *reterr;
	int first;		/* code of the first finding, negative; 0: none */
	bool seen_root, seen_required[ARRAY_SIZE(required_no)];
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* '-' and '_' are one character here. */
static bool names_equal(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

static bool name_is(const char *name, const char *want)
{
	return strlen(name) == strlen(want) && names_equal(name, want, strlen(want));
}

static bool starts_with(const char *s, const char *prefix)
{
	return strlen(s) >= strlen(prefix) && names_equal(s, prefix, strlen(prefix));
}

static bool is_false(const char *value)
{
	static const char *const words[] = {"0", "no", "n", "false", "f", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

static void copy_text(char *out, const char *text, size_t len, bool *too_long)
{
	if (len >= TOKEN_MAX) {
		len = TOKEN_MAX - 1;
		*too_long = true;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

/*
 * The next parameter, as lib/cmdline.c of the kernel cuts it (quotes: true) or at white space
 * alone. false at the end of the line. *pos moves on.
 */
static bool next_token(const char **pos, bool quotes, struct token *t)
{
	const char *start, *end, *equals = NULL;
	bool in_quote = false, whole;

	while (is_space(**pos))
		(*pos)++;
	if (!**pos)
		return false;
	*t = (struct token){0};
	start = *pos;
	whole = quotes && *start == '"';
	for (end = start; *end && (in_quote || !is_space(*end)); end++) {
		if (*end == '=' && !equals && end > start + whole)
			equals = end;
		if (quotes && *end == '"') {
			if (end != start && (!equals || end != equals + 1) &&
			    !(in_quote && (is_space(end[1]) || !end[1])))
				t->odd_quotes = true;
			in_quote = !in_quote;
		}
	}
	t->odd_quotes |= in_quote;
	*pos = end;
	if (whole) {
		start++;
		end -= end > start && end[-1] == '"';
	}
	copy_text(t->name, start, (size_t)((equals ? equals : end) - start), &t->too_long);
	if (!equals)
		return true;
	t->has_value = true;
	start = equals + 1;
	if (quotes && !whole && *start == '"') {
		start++;
		end -= end > start && end[-1] == '"';
	}
	copy_text(t->value, start, (size_t)(end - start), &t->too_long);
	return true;
}

static void finding(struct judge *j, enum err_code code, const struct token *t, const char *why)
{
	char message[ERR_MSG_MAX];

	if (t)
		(void)snprintf(message, sizeof(message), "kernel command line: '%.64s%s%.64s' %s",
			       t->name, t->has_value ? "=" : "", t->value, why);
	else
		(void)snprintf(message, sizeof(message), "kernel command line: %s", why);
	if (j->on_finding)
		j->on_finding(j->context, code, message);
	if (j->first == 0)
		j->first = err_set(j->reterr, code, "%s", message);
}

/*
 * Does the list (words between blanks) hold the item, or with prefix: a word that the item starts
 * with?
 */
static bool in_words(const char *words, const char *item, size_t len, bool prefix)
{
	for (const char *w = words; *w; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		if (prefix ? len >= n && names_equal(w, item, n)
			   : len == n && names_equal(w, item, n))
			return true;
		w += n;
	}
	return false;
}

static bool list_names(const char *list, const char *words)
{
	for (const char *p = list; *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");

		if (in_words(words, p, n, false))
			return true;
		p += n;
	}
	return false;
}

static bool rule_hits(const struct rule *rule, const struct token *t)
{
	if (rule->kind == PREFIX)
		return starts_with(t->name, rule->name);
	if (!name_is(t->name, rule->name))
		return false;
	switch (rule->kind) {
	case WORD:
		return !t->has_value;
	case UNLESS:
		return !t->has_value || !in_words(rule->values, t->value, strlen(t->value), false);
	case UNLESS_FALSE:
		return !t->has_value || !is_false(t->value);
	case UNLESS_UNDER:
		return strncmp(t->value, rule->values, strlen(rule->values)) != 0 ||
		       strstr(t->value, "..");
	case IF_UNDER:
		return in_words(rule->values, t->value, strlen(t->value), true);
	case IF_LISTS:
		return list_names(t->value, rule->values);
	case ANY:
	case PREFIX:
		break;
	}
	return true;
}

/*
 * /dev/mapper/NAME or /dev/VG/LV: a device that can only stand on a mapping; handoff proves on
 * which.
 */
static bool is_stacked_device(const char *value)
{
	static const char *const not_groups[] = {"disk", "block", "char", "fd",
						 "shm",	 "md",	  "pts",  "input"};
	const char *group, *slash;

	if (strncmp(value, "/dev/", 5) != 0 || strstr(value, "..") || strstr(value, "//"))
		return false;
	group = value + 5;
	slash = strchr(group, '/');
	if (!slash || slash == group || !slash[1] || strchr(slash + 1, '/'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(not_groups); i++)
		if (strlen(not_groups[i]) == (size_t)(slash - group) &&
		    strncmp(group, not_groups[i], (size_t)(slash - group)) == 0)
			return false;
	return true;
}

static void judge_root(struct judge *j, const struct token *t)
{
	static const char prefix[] = "/dev/mapper/";
	char why[160];

	j->seen_root = true;
	if (!j->mapping)
		return;
	if (strncmp(t->value, prefix, strlen(prefix)) == 0 &&
	    strcmp(t->value + strlen(prefix), j->mapping) == 0)
		return;
	if (j->stack_allowed && is_stacked_device(t->value))
		return;
	(void)snprintf(why, sizeof(why),
		       "is not /dev/mapper/%.64s: a name that a planted disk can bear", j->mapping);
	finding(j, E_CMDLINE_ROOT, t, why);
}

static void judge_token(struct judge *j, const struct token *t)
{
	if (t->too_long)
		finding(j, E_CMDLINE_FORBIDDEN, t, "is too long to be judged");
	if (t->odd_quotes)
		finding(j, E_CMDLINE_FORBIDDEN, t, "has quotes that its readers take differently");
	if (strcmp(t->name, "root") == 0 && t->has_value)
		judge_root(j, t);
	for (size_t i = 0; i < ARRAY_SIZE(required_no); i++) {
		if (!name_is(t->name, required_no[i].name))
			continue;
		j->seen_required[i] = true;
		if (!t->has_value || !is_false(t->value))
			finding(j, E_CMDLINE_FORBIDDEN, t, required_no[i].why);
	}
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		if (rule_hits(&forbidden[i], t)) {
			finding(j, E_CMDLINE_FORBIDDEN, t, forbidden[i].why);
			break;
		}
}

static void judge_missing(struct judge *j)
{
	char why[160];

	if (j->mapping && !j->seen_root) {
		(void)snprintf(why, sizeof(why), "'root=/dev/mapper/%.64s' is missing", j->mapping);
		finding(j, E_CMDLINE_ROOT, NULL, why);
	}
	for (size_t i = 0; i < ARRAY_SIZE(required_no); i++) {
		if (j->seen_required[i])
			continue;
		(void)snprintf(why, sizeof(why), "'%s=%s' is missing: without it %s",
			       required_no[i].name, required_no[i].no, required_no[i].why);
		finding(j, E_CMDLINE_REQUIRED, NULL, why);
	}
}

static void judge_bytes(struct judge *j, const char *cmdline)
{
	if (strlen(cmdline) > KERNEL_LINE_MAX)
		finding(j, E_CMDLINE_FORBIDDEN, NULL,
			"is longer than the 2047 bytes that the kernel reads");
	for (const char *p = cmdline; *p; p++) {
		if (*p == '\'' || *p == '\\') {
			finding(j, E_CMDLINE_FORBIDDEN, NULL,
				"has a single quote or a backslash, which its readers take "
				"differently");
			return;
		}
		if (!is_space(*p) && (*p < 0x20 || *p > 0x7e)) {
			finding(j, E_CMDLINE_FORBIDDEN, NULL,
				"has a byte that is not printable ASCII");
			return;
		}
	}
}

int cmdline_judge(const char *cmdline, const char *mapping, bool lvm_or_btrfs_allowed,
		  cmdline_finding on_finding, void *context, struct err *reterr)
{
	struct judge j = {.mapping = mapping, .stack_allowed = lvm_or_btrfs_allowed,
			  .on_finding = on_finding, .context = context, .reterr = reterr};

	judge_bytes(&j, cmdline);
	/* The second way finds what hides in quotes; it would repeat what the first has found. */
	for (int way = 0; way < 2 && j.first == 0; way++) {
		const char *pos = cmdline;
		struct token t;

		if (way == 1 && !strchr(cmdline, '"'))
			break;
		j.seen_root = false;
		memset(j.seen_required, 0, sizeof(j.seen_required));
		while (next_token(&pos, way == 0, &t))
			judge_token(&j, &t);
		judge_missing(&j);
	}
	return j.first;
}

bool cmdline_value(const char *cmdline, const char *name, char *out, size_t out_size)
{
	const char *pos = cmdline;
	bool found = false;
	struct token t;

	while (next_token(&pos, true, &t)) {
		if (!t.has_value || t.too_long || !name_is(t.name, name) ||
		    strlen(t.value) >= out_size)
			continue;
		memcpy(out, t.value, strlen(t.value) + 1);
		found = true;
	}
	return found;
}
