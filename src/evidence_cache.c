/* SPDX-License-Identifier: MIT */
#include "evidence_internal.h"

#include "file.h"
#include "log.h"
#include "roots.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX 64

static bool a_certificate_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && name[0] != '.' && (strcmp(dot, ".pem") == 0 || strcmp(dot, ".der") == 0);
}

bool evidence_leaf_fits(const struct x509_list *list, const struct snp_report *r)
{
	for (size_t i = 0; i < list->count; i++) {
		struct snp_leaf leaf = {0};

		if (snp_leaf_read(&leaf, list->cert[i], NULL) == 0 && snp_leaf_fits(&leaf, r))
			return true;
	}
	return false;
}

/* A file that is damaged is passed over: the network may have what it should have held. */
static bool try_file(struct errand *x, const char *path)
{
	struct x509_list list = {0};
	struct err e = {0};

	if (x509_read_file(&list, path, &e) < 0)
		log_debug("evidence: %s", e.msg);
	else if (evidence_leaf_fits(&list, &x->c->snp)) {
		x509_list_done(&x->c->certs);
		x->c->certs = list;
		return true;
	}
	x509_list_done(&list);
	return false;
}

bool evidence_cached_leaf(struct errand *x)
{
	char path[CONFIG_PATH_MAX + sizeof(EVIDENCE_DIR) + 260];
	struct dirent **names = NULL;
	bool found = false;
	int n;

	(void)snprintf(path, sizeof(path), "%s/" EVIDENCE_DIR, x->q->config_dir);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (!found && i < FILES_MAX && a_certificate_file(names[i]->d_name)) {
			(void)snprintf(path, sizeof(path), "%s/" EVIDENCE_DIR "/%s", x->q->config_dir,
				       names[i]->d_name);
			found = try_file(x, path);
		}
		free(names[i]);
	}
	free(names);
	return found;
}

/*
 * DER, one behind the other: what x509_read() takes. Of leaves the one that was verified: a service
 * may add others, and one that seems to fit the next chip would keep that chip's own from being asked
 * for.
 */
int evidence_stage(const struct collection *c, const char *path, struct err *reterr)
{
	_cleanup_buf_ struct buf all = BUF_INIT(X509_FILE_MAX);
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->certs.count; i++) {
		_cleanup_free_ uint8_t *der = NULL;
		size_t len = 0;

		if (!x509_is_ca(c->certs.cert[i]) && c->certs.cert[i] != c->leaf.cert)
			continue;
		r = x509_der(c->certs.cert[i], &der, &len, reterr);
		if (r == 0)
			buf_put(&all, der, len);
	}
	if (r == 0 && all.failed)
		r = err_set(reterr, E_NOMEM, "certificates");
	return r < 0 ? r : file_replace(path, all.data, all.len, 0600, reterr);
}

int evidence_roots(struct errand *x, const char *file, enum root_kind kind, struct err *reterr)
{
	int r;

	if (!*file)
		return roots_builtin(kind, &x->c->roots, reterr);
	r = x509_read_file(&x->c->roots, file, reterr);
	return r < 0 ? err_wrap(reterr, r, "trusted roots") : 0;
}
