/* SPDX-License-Identifier: MIT */
#include "tdx_tcb.h"

#include "buf.h"

#include <string.h>

/* Intel SGX PCK Certificate and CRL Specification, 1.3.5: SEQUENCE OF SEQUENCE { OID, value } */
#define OID_SGX "1.2.840.113741.1.13.1"
static const uint8_t oid_sgx[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
#define ID_PPID 1
#define ID_TCB 2
#define ID_PCEID 3
#define ID_FMSPC 4
#define ID_TCB_COMPONENTS 16
#define ID_TCB_PCESVN 17
#define ID_TCB_CPUSVN 18

#define DER_INTEGER 0x02
#define DER_OCTETS 0x04
#define DER_OID 0x06
#define DER_SEQUENCE 0x30

/* X.690, DER: definite lengths in the shortest form. A failure fails the outer cursor. */
static struct cursor der_any(struct cursor *c, uint8_t *ret_tag)
{
	size_t len;
	uint8_t first;

	*ret_tag = cursor_u8(c);
	first = cursor_u8(c);
	len = first;
	if (first == 0x81) {
		len = cursor_u8(c);
		c->failed |= len < 0x80;
	} else if (first == 0x82) {
		len = cursor_be16(c);
		c->failed |= len < 0x100;
	} else if (first >= 0x80) {
		c->failed = true;
	}
	if (!cursor_take(c, c->failed ? SIZE_MAX : len))
		return (struct cursor){.failed = true};
	return CURSOR(c->p - len, len);
}

static struct cursor der(struct cursor *c, uint8_t tag)
{
	uint8_t found;
	struct cursor inner = der_any(c, &found);

	if (found != tag)
		c->failed = inner.failed = true;
	return inner;
}

/* The last number of an OID below prefix; 0 if it is another one. */
static unsigned oid_last(struct cursor oid, unsigned below)
{
	size_t n = sizeof(oid_sgx) + (below ? 1 : 0);

	if (oid.failed || oid.left != n + 1 || memcmp(oid.p, oid_sgx, sizeof(oid_sgx)) != 0)
		return 0;
	if (below && oid.p[sizeof(oid_sgx)] != below)
		return 0;
	return oid.p[n];
}

static bool octets(struct cursor *item, void *out, size_t len)
{
	struct cursor value = der(item, DER_OCTETS);

	if (value.failed || value.left != len)
		return false;
	memcpy(out, value.p, len);
	return true;
}

static bool integer(struct cursor *item, uint32_t max, uint32_t *ret)
{
	struct cursor value = der(item, DER_INTEGER);
	uint32_t v = 0;

	if (value.failed || value.left == 0 || value.left > 4 || value.p[0] & 0x80)
		return false;
	while (value.left > 0)
		v = v << 8 | cursor_u8(&value);
	*ret = v;
	return v <= max;
}

static bool read_tcb_item(struct cursor *item, struct tdx_pck *pck, uint32_t *seen)
{
	unsigned id = oid_last(der(item, DER_OID), ID_TCB);
	uint32_t v = 0;

	if (id == 0 || id > ID_TCB_CPUSVN || *seen & 1u << id)
		return false;
	*seen |= 1u << id;
	if (id == ID_TCB_CPUSVN)
		return octets(item, pck->cpusvn, sizeof(pck->cpusvn));
	if (!integer(item, id == ID_TCB_PCESVN ? UINT16_MAX : UINT8_MAX, &v))
		return false;
	if (id == ID_TCB_PCESVN)
		pck->pcesvn = (uint16_t)v;
	else
		pck->component[id - 1] = (uint8_t)v;
	return true;
}

static bool read_tcb(struct cursor *outer, struct tdx_pck *pck)
{
	struct cursor list = der(outer, DER_SEQUENCE);
	const uint32_t all = (2u << ID_TCB_CPUSVN) - 2;
	uint32_t seen = 0;

	while (!list.failed && list.left > 0) {
		struct cursor item = der(&list, DER_SEQUENCE);

		if (!read_tcb_item(&item, pck, &seen) || item.left > 0)
			return false;
	}
	return !list.failed && seen == all;
}

static bool read_item(struct cursor *item, struct tdx_pck *pck, uint32_t *seen)
{
	unsigned id = oid_last(der(item, DER_OID), 0);
	uint8_t tag;

	if (id == 0 || id > 31 || *seen & 1u << id)
		return false;
	*seen |= 1u << id;
	switch (id) {
	case ID_PPID:
		return octets(item, pck->ppid, sizeof(pck->ppid));
	case ID_TCB:
		return read_tcb(item, pck);
	case ID_PCEID:
		return octets(item, pck->pceid, sizeof(pck->pceid));
	case ID_FMSPC:
		return octets(item, pck->fmspc, sizeof(pck->fmspc));
	default:
		/* SGX type, platform instance, configuration: nothing here depends on them */
		return !der_any(item, &tag).failed;
	}
}

int tdx_pck_read(const struct x509_cert *leaf, struct tdx_pck *ret, struct err *reterr)
{
	const uint32_t all = 1u << ID_PPID | 1u << ID_TCB | 1u << ID_PCEID | 1u << ID_FMSPC;
	struct tdx_pck pck = {.present = true};
	struct cursor c, list;
	const uint8_t *bytes;
	uint32_t seen = 0;
	size_t len;

	bytes = x509_extension(leaf, OID_SGX, &len);
	if (!bytes)
		return err_set(reterr, E_CERT_MALFORMED,
			       "not a PCK certificate: it has no SGX extension");
	c = CURSOR(bytes, len);
	list = der(&c, DER_SEQUENCE);
	while (!list.failed && list.left > 0) {
		struct cursor item = der(&list, DER_SEQUENCE);

		if (!read_item(&item, &pck, &seen) || item.left > 0)
			list.failed = true;
	}
	if (list.failed || c.failed || c.left > 0 || (seen & all) != all)
		return err_set(reterr, E_CERT_MALFORMED,
			       "PCK certificate: its SGX extension is malformed");
	*ret = pck;
	return 0;
}
