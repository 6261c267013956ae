/* SPDX-License-Identifier: MIT */
#include "tdx_collateral.h"
#include "tdx_tcb.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As if of the platform that the statement is about. */
static void judge(const struct tdx_signed *item)
{
	struct sgx_report qe = {.isvprodid = 2, .isvsvn = 4};
	struct tdx_body td = {.tee_tcb_svn = {5, 1, 3}};
	struct tdx_pck pck = {.present = true, .pcesvn = 13};
	struct tdx_tcb tcb = {0};
	struct tdx_head head;

	if (tdx_head_read(item->body, item->len, item->name, &head, NULL) < 0)
		return;
	memcpy(pck.fmspc, head.fmspc, sizeof(pck.fmspc));
	memcpy(pck.pceid, head.pceid, sizeof(pck.pceid));
	memset(pck.component, 4, sizeof(pck.component));
	(void)tdx_tcb_judge(item->body, item->len, &pck, &td, &tcb, NULL);
	td.tee_tcb_svn[1] = 0;
	(void)tdx_tcb_judge(item->body, item->len, &pck, &td, &tcb, NULL);
	(void)tdx_qe_judge(item->body, item->len, &qe, &tcb, NULL);
	if (tcb.status >= TDX_STATUS_MAX || strnlen(tcb.advisories, sizeof(tcb.advisories)) ==
	    sizeof(tcb.advisories))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_tdx_collateral_ struct tdx_collateral c = {0};
	struct tdx_pck pck;
	bool used;

	(void)tdx_collateral_add(&c, "file", data, size, &used, NULL);
	for (size_t i = 0; i < c.tcb_infos.count; i++)
		judge(&c.tcb_infos.item[i]);
	for (size_t i = 0; i < c.qe_identities.count; i++)
		judge(&c.qe_identities.item[i]);
	for (size_t i = 0; i < c.certs.count; i++)
		(void)tdx_pck_read(c.certs.cert[i], &pck, NULL);
	return 0;
}
