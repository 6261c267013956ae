/* SPDX-License-Identifier: MIT */
#include "pcr_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pcr_values v;

	if (pcr_file_parse(&v, "fuzz", data, size, NULL) < 0)
		return 0;
	if (v.count == 0 || v.count > PCR_BANKS_MAX)
		abort();
	for (size_t i = 0; i < v.count; i++) {
		if (v.bank[i].mask == 0 || hash_size(v.bank[i].hash) == 0 ||
		    pcr_values_bank(&v, v.bank[i].hash) != &v.bank[i])
			abort();
	}
	return 0;
}
