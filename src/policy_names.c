/* SPDX-License-Identifier: MIT */
#include "policy_names.h"

#include "tdx_tcb.h"

const struct config_choice policy_guest_bits[] = {
	{"smt", 16}, {"single-socket", 20}, {"cxl", 21}, {"mem-aes-256-xts", 22},
	{"rapl-dis", 23}, {"ciphertext-hiding", 24}, {"page-swap-disable", 25}, {0}};

const struct config_choice policy_platform_bits[] = {
	{"smt", 0}, {"tsme", 1}, {"ecc", 2}, {"rapl-dis", 3}, {"ciphertext-hiding", 4},
	{"alias-check", 5}, {"tio", 7}, {0}};

const struct config_choice policy_td_bits[] = {
	{"lass", 27}, {"sept-ve-disable", 28}, {"pks", 30}, {"kl", 31}, {"tpa", 62},
	{"perfmon", 63}, {0}};

const struct config_choice policy_products[] = {
	{"milan", POLICY_MILAN}, {"genoa", POLICY_GENOA}, {"turin", POLICY_TURIN}, {0}};

const struct config_choice policy_statuses[] = {
	{"UpToDate", TDX_UP_TO_DATE},
	{"SWHardeningNeeded", TDX_SW_HARDENING_NEEDED},
	{"ConfigurationNeeded", TDX_CONFIGURATION_NEEDED},
	{"ConfigurationAndSWHardeningNeeded", TDX_CONFIGURATION_AND_SW_HARDENING_NEEDED},
	{"OutOfDate", TDX_OUT_OF_DATE},
	{"OutOfDateConfigurationNeeded", TDX_OUT_OF_DATE_CONFIGURATION_NEEDED},
	{0}};

const char *policy_word(const struct config_choice *table, int value)
{
	for (; table->text; table++)
		if (table->value == value)
			return table->text;
	return NULL;
}
