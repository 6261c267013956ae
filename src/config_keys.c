/* SPDX-License-Identifier: MIT */
#include "config_keys.h"

#include "codec.h"
#include "pcr.h"
#include "policy_keys.h"
#include "policy_names.h"
#include "url.h"

#include <stdio.h>
#include <string.h>

#define TIME_MAX_MS (24 * 3600000LL)

int config_refuse(struct err *reterr, const struct ini_line *l, const char *expected)
{
	return ini_err(reterr, E_CONFIG_VALUE, l, "'%s = %.80s': expected %s%s", l->key, l->value,
		       expected,
		       strstr(l->value, " #") ? " (a comment needs a line of its own)" : "");
}

int config_choice_value(const struct config_choice *c, const char *word)
{
	for (; c->text; c++)
		if (strcmp(word, c->text) == 0)
			return c->value;
	return -1;
}

static int set_choice(const struct config_key *k, void *target, const struct ini_line *l,
		      struct err *reterr)
{
	int value = config_choice_value(k->choices, l->value);
	char list[96] = "";

	for (const struct config_choice *c = k->choices; value < 0 && c->text; c++) {
		size_t len = strlen(list);

		(void)snprintf(list + len, sizeof(list) - len, "%s%s", len ? " or " : "", c->text);
	}
	if (value < 0)
		return config_refuse(reterr, l, list);
	if (k->size == sizeof(bool))
		*(bool *)config_field(k, target) = value != 0;
	else
		memcpy(config_field(k, target), &value, sizeof(value));
	return 0;
}

static int set_time(const struct config_key *k, void *target, const struct ini_line *l,
		    struct err *reterr)
{
	int64_t ms;

	if (!ini_time(l->value, TIME_MAX_MS, &ms))
		return config_refuse(reterr, l,
			      "a time with its unit, ms, s, min or h, such as 90s; at most 24h");
	memcpy(config_field(k, target), &ms, sizeof(ms));
	return 0;
}

/* A path without "." or ".." parts, empty parts or a slash at the end. */
static bool plain_path(const char *p)
{
	if (*p != '/')
		return false;
	while (*p == '/') {
		size_t n = strcspn(++p, "/");

		if (n == 0 || (n == 1 && *p == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	return true;
}

static int set_text(const struct config_key *k, void *target, const struct ini_line *l,
		    struct err *reterr)
{
	if (strlen(l->value) >= k->size)
		return config_refuse(reterr, l, "a shorter value");
	memcpy(config_field(k, target), l->value, strlen(l->value) + 1);
	return 0;
}

static int set_tpm(const struct config_key *k, void *target, const struct ini_line *l,
		   struct err *reterr)
{
	if (strncmp(l->value, "/dev/", 5) != 0 || !plain_path(l->value) || strchr(l->value, ' '))
		return config_refuse(reterr, l, "a device node below /dev, such as /dev/tpmrm0");
	return set_text(k, target, l, reterr);
}

static int set_device(const struct config_key *k, void *target, const struct ini_line *l,
		      struct err *reterr)
{
	static const char *const tags[] = {"PARTLABEL=", "PARTUUID=", "UUID=", "LABEL="};
	bool good = plain_path(l->value);

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		size_t n = strlen(tags[i]);

		if (strncmp(l->value, tags[i], n) == 0)
			good = l->value[n] != '\0' && l->value[n] != ' ' && l->value[n] != '"';
	}
	if (!good)
		return config_refuse(
			reterr, l,
			"PARTLABEL=, PARTUUID=, UUID= or LABEL= with a value, or a full path");
	return set_text(k, target, l, reterr);
}

/* "control" is device-mapper's own node; udev rewrites what is not in this alphabet. */
static int set_mapping(const struct config_key *k, void *target, const struct ini_line *l,
		       struct err *reterr)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	if (l->value[strspn(l->value, alphabet)] || strchr("_.-", l->value[0]) ||
	    strcmp(l->value, "control") == 0)
		return config_refuse(reterr, l,
			      "the name for /dev/mapper: letters, digits, '_', '.', '-', "
			      "first a letter or digit, not 'control'");
	return set_text(k, target, l, reterr);
}

static int set_id(_unused_ const struct config_key *k, void *target, const struct ini_line *l,
		  struct err *reterr)
{
	struct volume_config *v = target;

	if (strcmp(l->value, "measured") == 0) {
		v->measured = true;
		return 0;
	}
	if (!hex_decode(v->id, sizeof(v->id), l->value))
		return config_refuse(reterr, l,
			      "the 64 hex digits that 'cvmcrypt enroll' writes, or measured");
	v->id_set = true;
	return 0;
}

/* "" in the config: switched off */
static int set_url(const struct config_key *k, void *target, const struct ini_line *l, bool plain,
		   struct err *reterr)
{
	if (strcmp(l->value, "off") == 0) {
		*(char *)config_field(k, target) = '\0';
		return 0;
	}
	if (!url_is_base(l->value, plain))
		return config_refuse(reterr, l,
			      plain ? "off, or http:// or https:// with a host in lower case, and "
				      "no slash at the end" :
				      "off, or https:// with a host in lower case, and no slash "
				      "at the end");
	return set_text(k, target, l, reterr);
}

/* The metadata service has no other form than plain http. */
static int set_metadata(const struct config_key *k, void *target, const struct ini_line *l,
			struct err *reterr)
{
	return set_url(k, target, l, true, reterr);
}

static int set_https(const struct config_key *k, void *target, const struct ini_line *l,
		     struct err *reterr)
{
	return set_url(k, target, l, false, reterr);
}

/* The default is a word, and "" in the config. */
static int set_roots(const struct config_key *k, void *target, const struct ini_line *l,
		     struct err *reterr)
{
	char expected[64];

	if (strcmp(l->value, k->fallback) == 0)
		return 0;
	(void)snprintf(expected, sizeof(expected),
		       "%s, or the full path of a file of certificates", k->fallback);
	if (!plain_path(l->value) || strchr(l->value, ' '))
		return config_refuse(reterr, l, expected);
	return set_text(k, target, l, reterr);
}

/* Kept in the form that the fetcher's library takes: with ";" between them. */
static int set_pins(const struct config_key *k, void *target, const struct ini_line *l,
		    struct err *reterr)
{
	static const char prefix[] = "sha256//";
	struct buf pins = BUF_INIT(k->size);
	const char *rest = l->value;
	char word[sizeof(prefix) + BASE64_SIZE(32)];
	uint8_t digest[32];
	bool good = true;
	size_t len;

	while (good && ini_word(&rest, word, sizeof(word))) {
		good = strncmp(word, prefix, strlen(prefix)) == 0 &&
		       base64_decode(digest, sizeof(digest), &len, word + strlen(prefix)) &&
		       len == sizeof(digest);
		if (pins.len > 0)
			buf_put_u8(&pins, ';');
		buf_put(&pins, word, strlen(word));
	}
	buf_put_u8(&pins, '\0');
	good = good && !*rest && !pins.failed;
	if (good)
		memcpy(config_field(k, target), pins.data, pins.len);
	buf_done(&pins);
	return good ? 0 : config_refuse(reterr, l, "sha256// and the digest of a public key in "
						   "base64, up to nine of them");
}

static int set_drivers(const struct config_key *k, void *target, const struct ini_line *l,
		       struct err *reterr)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_- ";

	if (l->value[strspn(l->value, alphabet)])
		return config_refuse(reterr, l, "a list of the kernel's names of network drivers");
	return set_text(k, target, l, reterr);
}

static const struct config_choice sources[] = {
	{"tpm2", SOURCE_TPM2}, {"parent", SOURCE_PARENT},
	{"guest-secret-key", SOURCE_GUEST_KEY},
	{"guest-secret-key:unbound", SOURCE_GUEST_KEY_UNBOUND}, {0}};
#define SOURCES_EXPECTED \
	"a list of tpm2, parent, guest-secret-key, guest-secret-key:unbound"

static int set_sources(_unused_ const struct config_key *k, void *target, const struct ini_line *l,
		       struct err *reterr)
{
	struct volume_config *v = target;
	const char *rest = l->value;
	char word[32];

	while (ini_word(&rest, word, sizeof(word))) {
		int type = config_choice_value(sources, word);

		if (type < 0)
			return config_refuse(reterr, l, SOURCES_EXPECTED);
		for (size_t i = 0; i < v->source_count; i++)
			if (v->sources[i] == (enum source_type)type)
				return config_refuse(reterr, l, "each source once");
		if (v->source_count == CONFIG_SOURCES_MAX)
			return config_refuse(reterr, l, "fewer sources");
		v->sources[v->source_count++] = (enum source_type)type;
	}
	return *rest ? config_refuse(reterr, l, SOURCES_EXPECTED) : 0;
}

static const struct config_choice profiles[] = {{"uki", PROFILE_UKI}, {"grub", PROFILE_GRUB}, {0}};
static const struct config_choice isolations[] = {
	{"none", ISOLATION_NONE}, {"snp", ISOLATION_SNP}, {"tdx", ISOLATION_TDX},
	{"snp-or-tdx", ISOLATION_SNP_OR_TDX}, {0}};
static const struct config_choice recoveries[] = {
	{"off", RECOVERY_OFF}, {"console", RECOVERY_CONSOLE}, {0}};
static const struct config_choice refusals[] = {
	{"poweroff", ON_REFUSED_POWEROFF}, {"halt", ON_REFUSED_HALT},
	{"reboot", ON_REFUSED_REBOOT}, {0}};
static const struct config_choice transients[] = {{"retry", true}, {"refuse", false}, {0}};
static const struct config_choice roles[] = {{"os", ROLE_OS}, {"data", ROLE_DATA}, {0}};
static const struct config_choice refuse_allow[] = {
	{"refuse", POLICY_REFUSE}, {"allow", POLICY_ALLOW}, {0}};
static const struct config_choice required_any[] = {
	{"required", POLICY_REQUIRED}, {"any", POLICY_ANY}, {0}};
static const struct config_choice vmpls[] = {
	{"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {"any", POLICY_VMPL_ANY}, {0}};
static const struct config_choice yes_no[] = {{"yes", true}, {"no", false}, {0}};

_Static_assert(sizeof(enum profile) == sizeof(int) && sizeof(enum isolation) == sizeof(int) &&
	       sizeof(enum recovery_mode) == sizeof(int) &&
	       sizeof(enum on_refused) == sizeof(int) &&
	       sizeof(enum policy_rule) == sizeof(int) &&
	       sizeof(enum policy_demand) == sizeof(int) &&
	       sizeof(enum volume_role) == sizeof(int), "set_choice() writes an int");

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define BOOT(key, setter, member, ...) \
	{.section = "boot", .name = key, .set = setter, FIELD(config, member), __VA_ARGS__}
#define NETWORK(key, setter, member, ...) \
	{.section = "network", .name = key, .set = setter, FIELD(config, network.member), \
	 __VA_ARGS__}
#define POLICY(key, setter, member, ...) \
	{.section = "policy", .name = key, .set = setter, FIELD(config, policy.member), \
	 __VA_ARGS__}
#define VOLUME(key, setter, member, ...) \
	{.section = "volume", .name = key, .set = setter, FIELD(volume_config, member), __VA_ARGS__}

#define DEFAULT(text) .fallback = text, .fallback_os = text
#define DEFAULTS(os, data) .fallback = data, .fallback_os = os
#define NO_DEFAULT .fallback = NULL
#define MANDATORY(text) .mandatory = true, .example = text
/* tests/lint/man-config reads these rows: BOOT, NETWORK, POLICY or VOLUME, key and default in one line each */
static const struct config_key keys[CONFIG_KEY_COUNT] = {
	BOOT("profile", set_choice, profile, DEFAULT("uki"), .choices = profiles),
	BOOT("isolation", set_choice, policy.isolation, NO_DEFAULT, .choices = isolations),
	BOOT("recovery", set_choice, recovery, DEFAULT("off"), .choices = recoveries),
	BOOT("recovery-timeout", set_time, recovery_timeout_ms, DEFAULT("10min")),
	BOOT("on-refused", set_choice, on_refused, DEFAULT("poweroff"), .choices = refusals),
	BOOT("refused-delay", set_time, refused_delay_ms, DEFAULT("10min")),
	BOOT("on-transient", set_choice, on_transient_retry, DEFAULT("retry"),
	     .choices = transients),
	BOOT("device-timeout", set_time, device_timeout_ms, DEFAULT("60s")),
	BOOT("tpm-timeout", set_time, tpm_timeout_ms, DEFAULT("30s")),
	BOOT("tpm", set_tpm, tpm, DEFAULT("/dev/tpmrm0")),
	NETWORK("metadata", set_metadata, metadata, DEFAULT("http://169.254.169.254")),
	NETWORK("amd-kds", set_https, amd_kds, DEFAULT("https://kdsintf.amd.com")),
	NETWORK("roots", set_roots, roots, DEFAULT("system")),
	NETWORK("pins", set_pins, pins, NO_DEFAULT),
	NETWORK("timeout", set_time, timeout_ms, DEFAULT("20s")),
	NETWORK("up-timeout", set_time, up_timeout_ms, DEFAULT("30s")),
	NETWORK("interface-drivers", set_drivers, drivers, DEFAULT("hv_netvsc virtio_net gve ena")),
	POLICY("debug", set_choice, debug, DEFAULT("refuse"), .choices = refuse_allow),
	POLICY("migration", set_choice, migration, DEFAULT("refuse"), .choices = refuse_allow),
	POLICY("vmpl", set_choice, vmpl, DEFAULT("0"), .choices = vmpls),
	POLICY("guest-policy", policy_set_bits, guest, NO_DEFAULT, .choices = policy_guest_bits),
	POLICY("platform-info", policy_set_bits, platform, NO_DEFAULT,
	       .choices = policy_platform_bits),
	POLICY("min-report-version", policy_set_number, min_report_version, NO_DEFAULT),
	POLICY("min-guest-svn", policy_set_number, min_guest_svn, NO_DEFAULT),
	POLICY("tcb-milan", policy_set_tcb, tcb[POLICY_MILAN], NO_DEFAULT),
	POLICY("tcb-genoa", policy_set_tcb, tcb[POLICY_GENOA], NO_DEFAULT),
	POLICY("tcb-turin", policy_set_tcb, tcb[POLICY_TURIN], NO_DEFAULT),
	POLICY("deny-products", policy_set_mask, deny_products, NO_DEFAULT,
	       .choices = policy_products),
	POLICY("vlek", set_choice, vlek, DEFAULT("refuse"), .choices = refuse_allow),
	POLICY("measurement", policy_set_values, measurement, NO_DEFAULT, .bytes = 48),
	POLICY("host-data", policy_set_values, host_data, NO_DEFAULT, .bytes = 32),
	POLICY("id-key-digest", policy_set_values, id_key, NO_DEFAULT, .bytes = 48),
	POLICY("author-key-digest", policy_set_values, author_key, NO_DEFAULT, .bytes = 48),
	POLICY("family-id", policy_set_values, family_id, NO_DEFAULT, .bytes = 16),
	POLICY("image-id", policy_set_values, image_id, NO_DEFAULT, .bytes = 16),
	POLICY("td-attributes", policy_set_bits, td_attributes, NO_DEFAULT,
	       .choices = policy_td_bits),
	POLICY("mrtd", policy_set_values, mrtd, NO_DEFAULT, .bytes = 48),
	POLICY("mrseam", policy_set_values, mrseam, NO_DEFAULT, .bytes = 48),
	POLICY("mrconfigid", policy_set_values, mrconfigid, NO_DEFAULT, .bytes = 48),
	POLICY("mrowner", policy_set_values, mrowner, NO_DEFAULT, .bytes = 48),
	POLICY("mrownerconfig", policy_set_values, mrownerconfig, NO_DEFAULT, .bytes = 48),
	POLICY("rtmr-0", policy_set_values, rtmr[0], NO_DEFAULT, .bytes = 48),
	POLICY("rtmr-1", policy_set_values, rtmr[1], NO_DEFAULT, .bytes = 48),
	POLICY("rtmr-2", policy_set_values, rtmr[2], NO_DEFAULT, .bytes = 48),
	POLICY("rtmr-3", policy_set_values, rtmr[3], NO_DEFAULT, .bytes = 48),
	POLICY("min-tee-tcb-svn", policy_set_svn, min_tee_tcb_svn, NO_DEFAULT),
	POLICY("tcb-status", policy_set_mask, tcb_statuses, NO_DEFAULT,
	       .choices = policy_statuses),
	POLICY("secure-boot", set_choice, secure_boot, NO_DEFAULT, .choices = required_any),
	POLICY("vtpm-persistent", set_choice, vtpm_persistent, DEFAULT("any"),
	       .choices = required_any),
	POLICY("console", set_choice, console, DEFAULT("allow"), .choices = refuse_allow),
	POLICY("interactive-console", set_choice, interactive_console, DEFAULT("allow"),
	       .choices = refuse_allow),
	POLICY("pcr-N", policy_set_pcr, pcr, NO_DEFAULT),
	POLICY("event-N", policy_set_event, event, NO_DEFAULT),
	POLICY("evidence-offline", set_choice, evidence_offline, DEFAULT("refuse"),
	       .choices = refuse_allow),
	POLICY("amd-roots", set_roots, amd_roots, DEFAULT("builtin")),
	POLICY("intel-roots", set_roots, intel_roots, DEFAULT("builtin")),
	POLICY("azure-vtpm-roots", set_roots, azure_vtpm_roots, DEFAULT("builtin")),
	VOLUME("role", set_choice, role, MANDATORY("role = os"), .choices = roles),
	VOLUME("device", set_device, device, MANDATORY("device = PARTLABEL=root")),
	VOLUME("mapping", set_mapping, mapping, DEFAULT(CONFIG_FALLBACK_NAME)),
	VOLUME("id", set_id, id, NO_DEFAULT),
	VOLUME("sources", set_sources, sources, DEFAULTS("tpm2", "parent")),
	VOLUME("required", set_choice, required, DEFAULTS("yes", "no"), .choices = yes_no),
	VOLUME("discards", set_choice, discards, DEFAULT("no"), .choices = yes_no),
};

bool config_key_is(const struct config_key *k, const char *key)
{
	size_t stem = strlen(k->name) - 1;
	uint64_t n;

	if (k->name[stem] != 'N')
		return strcmp(k->name, key) == 0;
	return strncmp(k->name, key, stem) == 0 && decimal_u64(key + stem, PCR_COUNT - 1, &n);
}

const struct config_key *config_keys(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(keys);
	return keys;
}
