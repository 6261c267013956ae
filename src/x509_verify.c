/* SPDX-License-Identifier: MIT */
#include "x509_internal.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

/* 112 bits: RSA from 2048 bits, no SHA-1 in a signature. */
#define SECURITY_LEVEL 2

static enum err_code code_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
		return E_CERT_TIME;
	case X509_V_ERR_OUT_OF_MEM:
		return E_NOMEM;
	default:
		return E_CERT_CHAIN;
	}
}

static int chain_failed(X509_STORE_CTX *ctx, const struct x509_cert *leaf, int64_t at,
			struct err *reterr)
{
	X509 *current = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	struct x509_cert named = {.x = current ? current : leaf->x};
	enum err_code code = code_of(error);
	char name[X509_NAME_MAX], time[X509_TIME_SIZE];

	x509_subject_cn(&named, name);
	if (code != E_CERT_TIME)
		return err_set(reterr, code, "%s: %s", name, X509_verify_cert_error_string(error));
	x509_time_text(at, time);
	return err_set(reterr, code, "%s: %s, judged at %s", name, X509_verify_cert_error_string(error),
		       time);
}

/* The list's certificate that OpenSSL calls x. */
static const struct x509_cert *find(const struct x509_list *list, const X509 *x)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (X509_cmp(list->cert[i]->x, x) == 0)
			return list->cert[i];
	return NULL;
}

/* What OpenSSL leaves open: every issuer is a CA in the one way of today, the last one is trusted. */
static int take_path(X509_STORE_CTX *ctx, const struct x509_cert *leaf, const struct x509_list *pool,
		     const struct x509_list *roots, struct x509_path *path, struct err *reterr)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int count = sk_X509_num(chain);

	if (count < 1 || count > X509_DEPTH_MAX)
		return err_set(reterr, E_CERT_CHAIN, "chain of %d certificates", count);
	*path = (struct x509_path){.cert = {leaf}, .count = (size_t)count};
	for (int i = 1; i < count; i++) {
		X509 *x = sk_X509_value(chain, i);
		const struct x509_cert *c = find(roots, x);

		if (!c)
			c = find(pool, x);
		if (!c)
			return err_set(reterr, E_INTERNAL, "certificate of a chain is in no list");
		if (!x509_is_ca(c))
			return err_set(reterr, E_CERT_CHAIN, "an issuer in the chain is not a CA");
		path->cert[i] = c;
	}
	if (!find(roots, sk_X509_value(chain, count - 1)))
		return err_set(reterr, E_CERT_CHAIN, "the chain does not end at a trusted root");
	return 0;
}

/*
 * Which reason tells most: a revocation; else of those that are too old or too new the newest; that another
 * CRL is of another CA of the same name tells least.
 */
static int64_t telling(const struct x509_crl *crl, int r)
{
	return r == -E_CERT_REVOKED ? INT64_MAX :
	       r == -E_CERT_TIME    ? x509_seconds(X509_CRL_get0_nextUpdate(crl->crl)) : INT64_MIN;
}

/*
 * An issuer may have several CRLs at hand: older ones, or those of another CA of the same name. One
 * that is good is enough; a revocation counts from any.
 */
static int judge_one(const struct x509_cert *c, const struct x509_cert *issuer,
		     const struct x509_crls *crls, int64_t at, struct err *reterr)
{
	struct err e, best = {0};
	int64_t most = INT64_MIN;
	bool good = false;

	for (size_t i = 0; i < crls->count; i++) {
		int r;

		if (X509_NAME_cmp(X509_CRL_get_issuer(crls->crl[i]->crl),
				  X509_get_subject_name(issuer->x)) != 0)
			continue;
		e = (struct err){0};
		r = x509_crl_judge(crls->crl[i], c, issuer, at, &e);
		if (r == 0)
			good = true;
		else if (!best.code || telling(crls->crl[i], r) > most) {
			best = e;
			most = telling(crls->crl[i], r);
		}
		if (r == -E_CERT_REVOKED)
			break;
	}
	if (best.code == E_CERT_REVOKED || (best.code && !good))
		return err_set(reterr, (enum err_code)best.code, "%s", best.msg);
	return 0;
}

static int judge_crls(const struct x509_path *path, const struct x509_crls *crls, int64_t at,
		      struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < path->count; i++)
		r = judge_one(path->cert[i], path->cert[i + 1], crls, at, reterr);
	return r;
}

/* No default paths, no partial chains; the signature of the root itself is looked at as well. */
static bool set_up(X509_STORE_CTX *ctx, X509_STORE *store, STACK_OF(X509) *untrusted,
		   const struct x509_cert *leaf, int64_t at)
{
	X509_VERIFY_PARAM *param;

	if (X509_STORE_CTX_init(ctx, store, leaf->x, untrusted) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_depth(param, X509_DEPTH_MAX - 2);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CHECK_SS_SIGNATURE) == 1;
}

int x509_verify(const struct x509_cert *leaf, const struct x509_list *pool,
		const struct x509_list *roots, const struct x509_crls *crls, int64_t at,
		struct x509_path *ret, struct err *reterr)
{
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	struct x509_path path;
	bool ok = untrusted && ctx && store;
	int r;

	for (size_t i = 0; ok && i < roots->count; i++)
		ok = X509_STORE_add_cert(store, roots->cert[i]->x) == 1;
	for (size_t i = 0; ok && pool && i < pool->count; i++)
		ok = sk_X509_push(untrusted, pool->cert[i]->x) > 0;
	if (!ok || !set_up(ctx, store, untrusted, leaf, at))
		r = err_set(reterr, E_CRYPTO, "setting up a chain");
	else if (X509_verify_cert(ctx) != 1)
		r = chain_failed(ctx, leaf, at, reterr);
	else
		r = take_path(ctx, leaf, pool, roots, &path, reterr);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
	ERR_clear_error();
	if (r == 0 && crls)
		r = judge_crls(&path, crls, at, reterr);
	if (r == 0)
		*ret = path;
	return r;
}
