/* SPDX-License-Identifier: MIT */
/*
 * The quoting enclave of the tests. usage: tdx-quote PKI < TDREPORT > QUOTE
 *
 * PKI is the paravisor's folder. As the real one it makes a quote only of a report that its own
 * CPU's MAC is on.
 */
#include "file.h"
#include "paravisor_sign.h"
#include "tdx_testpki.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	_cleanup_tdx_testpki_ struct tdx_testpki pki = {0};
	_cleanup_buf_ struct buf quote = {0};
	uint8_t bytes[TDX_REPORT_SIZE], mac[32];
	struct tdx_testpki_spec spec;
	struct tdx_report report;
	char path[512];

	memset(mac, TD_REPORT_MAC_BYTE, sizeof(mac));
	if (argc != 2 || fread(bytes, sizeof(bytes), 1, stdin) != 1 ||
	    memcmp(bytes + TD_REPORT_MAC, mac, sizeof(mac)) != 0 ||
	    tdx_report_parse(&report, bytes, sizeof(bytes), NULL) < 0)
		return 1;
	tdx_testpki_keep(argv[1]);
	tdx_testpki_spec(&spec);
	spec.version = report.td.has_servtd ? 5 : 4;
	tdx_testpki_make(&pki, &spec);
	/* the very certificate that is trusted: a new one of the same key has another signature */
	(void)snprintf(path, sizeof(path), "%s/intel-root.der", argv[1]);
	buf_done(&pki.root);
	pki.root = BUF_INIT(4096);
	if (file_read(path, 4096, &pki.root, NULL) < 0)
		return 1;
	tdx_testpki_quote(&quote, &pki, &spec, &report.td);
	return fwrite(quote.data, quote.len, 1, stdout) == 1 ? 0 : 1;
}
