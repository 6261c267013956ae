/* SPDX-License-Identifier: MIT */
#include "tdx_describe.h"

#include "json.h"
#include "rfc3339.h"

#include <string.h>

static void add_u64(struct cJSON *obj, const char *key, uint64_t value, bool *ok)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	json_add_hex(obj, key, bytes, sizeof(bytes), ok);
}

static void add_attribute_names(struct cJSON *obj, uint64_t attributes, bool *ok)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} bits[] = {
		{TDX_ATTR_DEBUG, "debug"},
		{TDX_ATTR_LASS, "lass"},
		{TDX_ATTR_SEPT_VE_DISABLE, "sept-ve-disable"},
		{TDX_ATTR_MIGRATABLE, "migratable"},
		{TDX_ATTR_PKS, "pks"},
		{TDX_ATTR_KL, "key-locker"},
		{TDX_ATTR_TPA, "tpa"},
		{TDX_ATTR_PERFMON, "perfmon"},
	};
	struct cJSON *names = json_add_array(obj, "td_attribute_names", ok);

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (attributes & bits[i].bit)
			json_add_string(names, NULL, bits[i].name, ok);
}

void tdx_describe_body(struct cJSON *obj, const struct tdx_body *td, bool *ok)
{
	struct cJSON *rtmr;

	json_add_hex(obj, "tee_tcb_svn", td->tee_tcb_svn, TDX_SVN, ok);
	json_add_hex(obj, "mrseam", td->mrseam, TDX_MEASUREMENT, ok);
	json_add_hex(obj, "mrsignerseam", td->mrsignerseam, TDX_MEASUREMENT, ok);
	add_u64(obj, "seam_attributes", td->seam_attributes, ok);
	add_u64(obj, "td_attributes", td->attributes, ok);
	add_attribute_names(obj, td->attributes, ok);
	add_u64(obj, "xfam", td->xfam, ok);
	json_add_hex(obj, "mrtd", td->mrtd, TDX_MEASUREMENT, ok);
	json_add_hex(obj, "mrconfigid", td->mrconfigid, TDX_MEASUREMENT, ok);
	json_add_hex(obj, "mrowner", td->mrowner, TDX_MEASUREMENT, ok);
	json_add_hex(obj, "mrownerconfig", td->mrownerconfig, TDX_MEASUREMENT, ok);
	rtmr = json_add_array(obj, "rtmr", ok);
	for (int i = 0; i < TDX_RTMRS; i++)
		json_add_hex(rtmr, NULL, td->rtmr[i], TDX_MEASUREMENT, ok);
	json_add_hex(obj, "report_data", td->report_data, TDX_REPORT_DATA, ok);
	if (!td->has_servtd)
		return;
	json_add_hex(obj, "tee_tcb_svn2", td->tee_tcb_svn2, TDX_SVN, ok);
	json_add_hex(obj, "mrservtd", td->mrservtd, TDX_MEASUREMENT, ok);
}

void tdx_describe_report(struct cJSON *obj, const struct tdx_report *report, bool *ok)
{
	json_add_number(obj, "version", report->version, ok);
	json_add_hex(obj, "cpusvn", report->cpusvn, sizeof(report->cpusvn), ok);
	json_add_hex(obj, "tee_tcb_info_hash", report->tee_tcb_info_hash, TDX_MEASUREMENT, ok);
	json_add_hex(obj, "tee_info_hash", report->tee_info_hash, TDX_MEASUREMENT, ok);
	tdx_describe_body(obj, &report->td, ok);
}

static void describe_enclave(struct cJSON *obj, const struct tdx_quote *q, bool *ok)
{
	const struct sgx_report *qe = &q->qe;
	uint8_t misc[4];

	for (size_t i = 0; i < sizeof(misc); i++)
		misc[i] = (uint8_t)(qe->miscselect >> (8 * i));
	json_add_hex(obj, "cpusvn", qe->cpusvn, sizeof(qe->cpusvn), ok);
	json_add_hex(obj, "miscselect", misc, sizeof(misc), ok);
	json_add_hex(obj, "attributes", qe->attributes, sizeof(qe->attributes), ok);
	json_add_hex(obj, "mrenclave", qe->mrenclave, sizeof(qe->mrenclave), ok);
	json_add_hex(obj, "mrsigner", qe->mrsigner, sizeof(qe->mrsigner), ok);
	json_add_number(obj, "isvprodid", qe->isvprodid, ok);
	json_add_number(obj, "isvsvn", qe->isvsvn, ok);
	json_add_hex(obj, "report_data", qe->report_data, sizeof(qe->report_data), ok);
	json_add_hex(obj, "authentication_data", q->auth, q->auth_len, ok);
}

static void describe_pck(struct cJSON *obj, const struct tdx_pck *pck, bool *ok)
{
	json_add_hex(obj, "fmspc", pck->fmspc, sizeof(pck->fmspc), ok);
	json_add_hex(obj, "pceid", pck->pceid, sizeof(pck->pceid), ok);
	json_add_number(obj, "pcesvn", pck->pcesvn, ok);
	json_add_hex(obj, "cpusvn", pck->cpusvn, sizeof(pck->cpusvn), ok);
	json_add_hex(obj, "tcb_components", pck->component, sizeof(pck->component), ok);
}

static void describe_chain(struct cJSON *obj, const struct tdx_quote *q, bool *ok)
{
	_cleanup_x509_list_ struct x509_list list = {0};
	struct cJSON *certs;

	if (x509_read(&list, "PCK chain", q->chain, q->chain_len, NULL) < 0)
		return;
	certs = json_add_array(obj, "certificates", ok);
	for (size_t i = 0; i < list.count; i++) {
		struct cJSON *one = json_add_object(certs, NULL, ok);
		char text[X509_NAME_MAX], time[RFC3339_SIZE];
		int64_t from, until;
		struct tdx_pck pck;

		x509_subject_cn(list.cert[i], text);
		json_add_string(one, "subject", text, ok);
		x509_issuer_cn(list.cert[i], text);
		json_add_string(one, "issuer", text, ok);
		x509_validity(list.cert[i], &from, &until);
		rfc3339_format(from, time);
		json_add_string(one, "not_before", time, ok);
		rfc3339_format(until, time);
		json_add_string(one, "not_after", time, ok);
		if (!json_find(obj, "pck") && tdx_pck_read(list.cert[i], &pck, NULL) == 0)
			describe_pck(json_add_object(obj, "pck", ok), &pck, ok);
	}
}

void tdx_describe_quote(struct cJSON *obj, const struct tdx_quote *q, bool *ok)
{
	json_add_number(obj, "version", q->version, ok);
	json_add_number(obj, "body_type", q->body_type, ok);
	json_add_string(obj, "body", q->body_type == 2 ? "TD 1.0" : "TD 1.5", ok);
	json_add_number(obj, "size", (double)q->used, ok);
	json_add_number(obj, "trailing_bytes", (double)q->trailing, ok);
	json_add_hex(obj, "qe_vendor", q->qe_vendor, sizeof(q->qe_vendor), ok);
	json_add_hex(obj, "user_data", q->user_data, sizeof(q->user_data), ok);
	tdx_describe_body(obj, &q->td, ok);
	json_add_hex(obj, "attestation_key", q->key, TDX_QUOTE_KEY, ok);
	describe_enclave(json_add_object(obj, "qe_report", ok), q, ok);
	describe_chain(obj, q, ok);
}

void tdx_describe_tcb(struct cJSON *obj, const struct tdx_tcb *tcb, bool *ok)
{
	if (!tcb->judged)
		return;
	json_add_string(obj, "status", tdx_status_name(tcb->status), ok);
	json_add_string(obj, "platform_status", tdx_status_name(tcb->platform), ok);
	json_add_string(obj, "module_status", tdx_status_name(tcb->module), ok);
	json_add_string(obj, "qe_status", tdx_status_name(tcb->qe), ok);
	json_add_string(obj, "date", tcb->date, ok);
	json_add_number(obj, "evaluation_data_number", tcb->evaluation, ok);
	json_add_string(obj, "advisories", tcb->advisories, ok);
}
