/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "pcr.h"

#include <stdio.h>
#include <string.h>

static int volume_err(struct err *reterr, enum err_code code, const struct volume_config *v,
		      const char *what)
{
	return err_set(reterr, code, "%s:%u: [volume %s] %s", v->file, v->line, v->name, what);
}

static bool has_source(const struct volume_config *v, enum source_type type)
{
	for (size_t i = 0; i < v->source_count; i++)
		if (v->sources[i] == type)
			return true;
	return false;
}

/*
 * The TPM gives a key while PCR 15 is 0, and opening the os volume extends it: tpm2 can only ever
 * open the os volume, and everything else hangs on that one.
 */
static int check_role(const struct config *c, const struct volume_config *v, struct err *reterr)
{
	if (v->role == ROLE_OS) {
		if (has_source(v, SOURCE_PARENT))
			return volume_err(
				reterr, E_CONFIG_VALUE, v,
				"is the os volume: it has no parent; expected sources = tpm2");
		if (!v->required)
			return volume_err(reterr, E_CONFIG_VALUE, v,
					  "is the os volume: it is always required");
		return 0;
	}
	if (has_source(v, SOURCE_TPM2) || has_source(v, SOURCE_GUEST_KEY) ||
	    has_source(v, SOURCE_GUEST_KEY_UNBOUND))
		return volume_err(reterr, E_CONFIG_VALUE, v,
				  "is a data volume: the TPM gives a key to the "
				  "os volume alone; expected sources = parent");
	if (v->measured)
		return volume_err(reterr, E_CONFIG_VALUE, v,
				  "is a data volume: only an os volume can have id = measured");
	if (!config_os_volume(c))
		return volume_err(reterr, E_CONFIG_MISSING, v,
				  "opens under the os volume, and there is none; "
				  "add a volume with role = os");
	return 0;
}

static int check_pair(const struct volume_config *a, const struct volume_config *b,
		      struct err *reterr)
{
	const char *what = NULL;

	if (strcmp(a->mapping, b->mapping) == 0)
		what = "mapping";
	else if (strcmp(a->device, b->device) == 0)
		what = "device";
	else if (a->id_set && b->id_set && memcmp(a->id, b->id, sizeof(a->id)) == 0)
		what = "id";
	if (what)
		return err_set(reterr, E_CONFIG_VALUE,
			       "%s:%u: [volume %s] has the same %s as [volume %s], %s:%u", b->file,
			       b->line, b->name, what, a->name, a->file, a->line);
	if (a->role == ROLE_OS && b->role == ROLE_OS)
		return err_set(reterr, E_CONFIG_VALUE,
			       "%s:%u: [volume %s] is a second os volume, after [volume %s], "
			       "%s:%u",
			       b->file, b->line, b->name, a->name, a->file, a->line);
	return 0;
}

int config_finish(struct config *c, struct err *reterr)
{
	for (size_t i = 0; i < c->volume_count; i++) {
		int r = check_role(c, &c->volume[i], reterr);

		for (size_t k = 0; r == 0 && k < i; k++)
			r = check_pair(&c->volume[k], &c->volume[i], reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int config_check_image(const struct config *c, struct err *reterr)
{
	if (c->volume_count == 0)
		return 0;
	if (c->policy.isolation == ISOLATION_UNSET && !*c->boot_file)
		return err_set(reterr, E_CONFIG_MISSING,
			       "%s: no section [boot]; add one with "
			       "isolation = snp-or-tdx, snp, tdx or none",
			       c->volume[0].file);
	if (c->policy.isolation == ISOLATION_UNSET)
		return err_set(reterr, E_CONFIG_MISSING,
			       "%s:%u: [boot] lacks 'isolation'; "
			       "give snp-or-tdx, snp, tdx or none",
			       c->boot_file, c->boot_line);
	/* nothing that is written down is silently without effect */
	if (c->policy.isolation == ISOLATION_NONE && *c->policy.file)
		return err_set(reterr, E_CONFIG_VALUE,
			       "%s:%u: [policy] is not judged with isolation = none; remove one of "
			       "the two", c->policy.file, c->policy.line);
	for (size_t i = 0; i < c->volume_count; i++)
		if (!c->volume[i].id_set && !c->volume[i].measured)
			return volume_err(
				reterr, E_CONFIG_MISSING, &c->volume[i],
				"lacks 'id'; 'cvmcrypt enroll' writes it, then build the image");
	return 0;
}

const struct volume_config *config_volume(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->volume_count; i++)
		if (strcmp(c->volume[i].name, name) == 0)
			return &c->volume[i];
	return NULL;
}

const struct volume_config *config_os_volume(const struct config *c)
{
	for (size_t i = 0; i < c->volume_count; i++)
		if (c->volume[i].role == ROLE_OS)
			return &c->volume[i];
	return NULL;
}

uint32_t config_pcr_mask(const struct config *c)
{
	return c->profile == PROFILE_GRUB ? PCR_PROFILE_GRUB : PCR_PROFILE_UKI;
}
