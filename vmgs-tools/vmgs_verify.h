/* SPDX-License-Identifier: MIT */
/*
 * What is remarkable about a store, and what is wrong with it. Fills a list; prints nothing.
 */
#ifndef VMGS_VERIFY_H
#define VMGS_VERIFY_H

#include "vmgs_store.h"

enum vmgs_severity { VMGS_INFO, VMGS_WARNING, VMGS_ERROR };

#define VMGS_FINDINGS_MAX 256
#define VMGS_FINDING_TEXT 240

struct vmgs_finding {
	const char *code;		/* a word for programs: "metadata-key-zero" */
	enum vmgs_severity severity;
	int err;			/* of an error: which exit status it means */
	char text[VMGS_FINDING_TEXT];
};

struct vmgs_findings {
	size_t count;
	struct vmgs_finding item[VMGS_FINDINGS_MAX];
};

const char *vmgs_severity_name(enum vmgs_severity severity);
/* A failure as a finding. */
void vmgs_findings_failure(struct vmgs_findings *f, int r, const struct err *e);
/* What can be seen without a key, of a store that is open as far as it opens. */
void vmgs_verify_structure(const struct vmgs_store *s, struct vmgs_findings *f);
/* The contents, of a store whose table was read: decrypts what can be decrypted. */
void vmgs_verify_contents(const struct vmgs_store *s, struct vmgs_findings *f);
/* 0, or the failure code of the first error. */
int vmgs_findings_verdict(const struct vmgs_findings *f);

#endif
