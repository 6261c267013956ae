/* SPDX-License-Identifier: MIT */
#include "snp_chain.h"

#include "buf.h"

#include <string.h>

/* AMD, "Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface" (57230), chapter 3 */
#define OID_AMD "1.3.6.1.4.1.3704.1."
#define OID_STRUCT_VERSION OID_AMD "1"
#define OID_PRODUCT_NAME OID_AMD "2"
#define OID_BOOTLOADER OID_AMD "3.1"
#define OID_TEE OID_AMD "3.2"
#define OID_SNP OID_AMD "3.3"
#define OID_MICROCODE OID_AMD "3.8"
#define OID_FMC OID_AMD "3.9"
#define OID_HWID OID_AMD "4"
#define OID_CSP_ID OID_AMD "5"

/* Universal tags of DER (X.690) */
#define DER_INTEGER 0x02
#define DER_OCTET_STRING 0x04
#define DER_IA5STRING 0x16

#define HWID_TURIN 8

static int bad(struct err *reterr, const char *oid, const char *what)
{
	return err_set(reterr, E_CERT_BINDING, "extension %s is %s", oid, what);
}

/* A DER value of the tag that fills the extension; lengths below 128 only, all here are. */
static bool whole_value(const uint8_t *p, size_t len, uint8_t tag, struct cursor *ret)
{
	if (!p || len < 2 || p[0] != tag || p[1] != len - 2 || p[1] >= 0x80)
		return false;
	*ret = CURSOR(p + 2, len - 2);
	return true;
}

/* INTEGER, 0 to 255, in the fewest bytes: 219 is 02 02 00 db. */
static int get_u8(const struct x509_cert *c, const char *oid, uint8_t *ret, struct err *reterr)
{
	size_t len = 0;
	const uint8_t *p = x509_extension(c, oid, &len);
	struct cursor v;

	if (!p)
		return bad(reterr, oid, "absent");
	if (!whole_value(p, len, DER_INTEGER, &v))
		return bad(reterr, oid, "not an INTEGER");
	if (v.left == 1 && v.p[0] < 0x80)
		*ret = v.p[0];
	else if (v.left == 2 && v.p[0] == 0 && v.p[1] >= 0x80)
		*ret = v.p[1];
	else
		return bad(reterr, oid, "not an INTEGER from 0 to 255");
	return 0;
}

static int get_text(const struct x509_cert *c, const char *oid, char *out, size_t max,
		    struct err *reterr)
{
	size_t len = 0;
	const uint8_t *p = x509_extension(c, oid, &len);
	struct cursor v;

	if (!p)
		return bad(reterr, oid, "absent");
	if (!whole_value(p, len, DER_IA5STRING, &v) || v.left >= max)
		return bad(reterr, oid, "not a short IA5String");
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return bad(reterr, oid, "not printable");
	memcpy(out, v.p, v.left);
	out[v.left] = '\0';
	return 0;
}

/* "Milan-B0" is Milan: a stepping may follow. */
static enum snp_product product_of_name(const char *name)
{
	size_t len = strcspn(name, "-");

	for (enum snp_product p = SNP_MILAN; p <= SNP_TURIN; p++)
		if (strlen(snp_product_name(p)) == len && memcmp(snp_product_name(p), name, len) == 0)
			return p;
	return SNP_UNKNOWN;
}

static int read_tcb(struct snp_leaf *leaf, const struct x509_cert *c, struct err *reterr)
{
	/* components that no product has yet: reports have a zero there */
	static const char *const reserved[] = {OID_AMD "3.4", OID_AMD "3.5", OID_AMD "3.6",
					       OID_AMD "3.7"};
	struct snp_tcb *t = &leaf->tcb;
	size_t len;

	t->has_fmc = leaf->product == SNP_TURIN;
	if (t->has_fmc && get_u8(c, OID_FMC, &t->fmc, reterr) < 0)
		return -E_CERT_BINDING;
	if (!t->has_fmc && x509_extension(c, OID_FMC, &len))
		return bad(reterr, OID_FMC, "not one of this product");
	if (get_u8(c, OID_BOOTLOADER, &t->bootloader, reterr) < 0 ||
	    get_u8(c, OID_TEE, &t->tee, reterr) < 0 || get_u8(c, OID_SNP, &t->snp, reterr) < 0 ||
	    get_u8(c, OID_MICROCODE, &t->microcode, reterr) < 0)
		return -E_CERT_BINDING;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		uint8_t value = 0;

		if (x509_extension(c, reserved[i], &len) && get_u8(c, reserved[i], &value, reterr) < 0)
			return -E_CERT_BINDING;
		if (value != 0)
			return bad(reterr, reserved[i], "not zero");
	}
	return 0;
}

/* The bytes as they are, or inside an OCTET STRING of their own. */
static int read_chip_id(struct snp_leaf *leaf, const struct x509_cert *c, struct err *reterr)
{
	size_t want = leaf->product == SNP_TURIN ? HWID_TURIN : SNP_CHIP_ID, len = 0;
	const uint8_t *p = x509_extension(c, OID_HWID, &len);
	struct cursor v;

	if (leaf->vlek)
		return p ? bad(reterr, OID_HWID, "in a VLEK certificate") : 0;
	if (!p)
		return bad(reterr, OID_HWID, "absent");
	if (len == want)
		v = CURSOR(p, len);
	else if (!whole_value(p, len, DER_OCTET_STRING, &v) || v.left != want)
		return bad(reterr, OID_HWID, "of a wrong length");
	memcpy(leaf->chip_id, v.p, want);
	leaf->chip_id_len = want;
	return 0;
}

int snp_leaf_read(struct snp_leaf *ret, const struct x509_cert *c, struct err *reterr)
{
	struct snp_leaf leaf = {.cert = c};
	char cn[X509_NAME_MAX], product[32];
	uint8_t struct_version;

	x509_subject_cn(c, cn);
	leaf.vlek = strcmp(cn, "SEV-VLEK") == 0;
	if (!leaf.vlek && strcmp(cn, "SEV-VCEK") != 0)
		return err_set(reterr, E_CERT_BINDING, "'%s' is not SEV-VCEK or SEV-VLEK", cn);
	if (x509_is_ca(c))
		return err_set(reterr, E_CERT_BINDING, "the certificate of the key is a CA");
	if (get_u8(c, OID_STRUCT_VERSION, &struct_version, reterr) < 0 ||
	    get_text(c, OID_PRODUCT_NAME, product, sizeof(product), reterr) < 0)
		return -E_CERT_BINDING;
	leaf.product = product_of_name(product);
	if (leaf.product == SNP_UNKNOWN)
		return err_set(reterr, E_CERT_BINDING, "product '%s' is not known", product);
	if (leaf.vlek && get_text(c, OID_CSP_ID, leaf.csp_id, sizeof(leaf.csp_id), reterr) < 0)
		return -E_CERT_BINDING;
	if (read_tcb(&leaf, c, reterr) < 0 || read_chip_id(&leaf, c, reterr) < 0)
		return -E_CERT_BINDING;
	*ret = leaf;
	return 0;
}

bool snp_leaf_fits(const struct snp_leaf *leaf, const struct snp_report *r)
{
	return r->signing_key == (leaf->vlek ? SNP_KEY_VLEK : SNP_KEY_VCEK) &&
	       (!r->has_cpuid || r->product == leaf->product) &&
	       snp_tcb_equal(&leaf->tcb, &r->reported_tcb) &&
	       (leaf->vlek || memcmp(leaf->chip_id, r->chip_id, SNP_CHIP_ID) == 0);
}
