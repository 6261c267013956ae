# SPDX-License-Identifier: MIT
# cvmcrypt: see `make help`.
#
# Knobs: V=1 (show commands), WERROR=1 (warnings are errors), SANITIZE=address,undefined,
# CC, CFLAGS, LDFLAGS (the user's flags come last), DESTDIR, PREFIX, SBINDIR, LIBEXECDIR, MANDIR,
# SYSCONFDIR.

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/cvmcrypt
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= /lib/systemd/system
INITRAMFSDIR ?= $(PREFIX)/share/initramfs-tools
DRACUTDIR ?= $(PREFIX)/lib/dracut/modules.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
DOCDIR ?= $(PREFIX)/share/doc/cvmcrypt

B ?= build
CFLAGS ?= -O2 -g
VERSION := 0.1.0

LIBS := libcryptsetup devmapper tss2-esys tss2-sys tss2-mu tss2-rc tss2-tcti-device libcrypto libcjson
LIB_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LIB_LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -ldl
# the fetcher alone has the network's libraries
FETCHER_LDLIBS := $(shell pkg-config --libs libcurl libssl libcrypto libseccomp 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wimplicit-fallthrough -Wcast-qual
ifeq ($(WERROR),1)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
ifneq ($(SANITIZE),)
HARDEN := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
B := build/san
endif
DEFINES := -D_GNU_SOURCE -DCVMCRYPT_VERSION='"$(VERSION)"' -DCVMCRYPT_LIBEXECDIR='"$(LIBEXECDIR)"'
ALL_CFLAGS := -std=gnu17 $(DEFINES) $(WARN) $(HARDEN) \
	-MMD -MP -Isrc -Ivmgs-tools $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

FETCHER_SRC := $(wildcard src/fetcher_*.c)
SRC := $(filter-out src/main.c $(FETCHER_SRC),$(wildcard src/*.c))
OBJ := $(SRC:src/%.c=$(B)/%.o)
LIB := $(B)/libcvmcrypt.a
VMGS_SRC := $(filter-out vmgs-tools/main.c,$(wildcard vmgs-tools/*.c))
VMGS_LIB := $(B)/libvmgs.a
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
INTEGRATION := $(patsubst tests/integration/%.c,$(B)/integration/%,$(wildcard tests/integration/test_*.c))
EMU := $(B)/emu/paravisor $(B)/emu/tdx-quote $(B)/emu/guest_secret_key
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

all: $(B)/cvmcrypt $(B)/cvmcrypt-fetch $(B)/vmgs

-include Makefile.local

# objects depend on the flags they were made with
FLAGSTAMP := $(B)/.flags
$(shell mkdir -p $(B)/unit $(B)/fuzz/vmgs-tools $(B)/vmgs-tools; printf '%s' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' | cmp -s - $(FLAGSTAMP) || printf '%s' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' > $(FLAGSTAMP))

$(B)/%.o: src/%.c $(FLAGSTAMP)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(OBJ)

$(B)/cvmcrypt: $(B)/main.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

$(B)/cvmcrypt-fetch: $(FETCHER_SRC:src/%.c=$(B)/%.o) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(FETCHER_LDLIBS)

# VM guest state files: base, formats and crypto of src/, nothing else
$(B)/vmgs-tools/%.o: vmgs-tools/%.c $(FLAGSTAMP)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(VMGS_LIB): $(VMGS_SRC:%.c=$(B)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/vmgs: $(B)/vmgs-tools/main.o $(VMGS_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# what unit tests share with the others of tests/lib; linked where it is called
UNITLIB := $(B)/unit/snp_testpki.o $(B)/unit/tdx_testpki.o $(B)/unit/testpki.o
$(B)/unit/%.o: tests/lib/%.c $(FLAGSTAMP)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
$(B)/unit/libtest.a: $(UNITLIB)
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/unit/%: tests/unit/%.c $(B)/unit/libtest.a $(VMGS_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -o $@ $< $(B)/unit/libtest.a $(VMGS_LIB) $(LIB) $(LIB_LDLIBS) -lcmocka

# make fuzz FUZZ=eventlog TIME=60: libFuzzer, clang, ASan and UBSan
TIME ?= 60
FUZZFLAGS := -std=gnu17 $(DEFINES) -O1 -g \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Isrc -Ivmgs-tools $(LIB_CFLAGS)
$(B)/fuzz/%.o: src/%.c
	$(call say,CC,$@)
	$(Q)clang $(FUZZFLAGS) -MMD -MP -c -o $@ $<
$(B)/fuzz/vmgs-tools/%.o: vmgs-tools/%.c
	$(call say,CC,$@)
	$(Q)clang $(FUZZFLAGS) -MMD -MP -c -o $@ $<
$(B)/fuzz/fuzz_vmgs: $(VMGS_SRC:%.c=$(B)/fuzz/%.o)
$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(SRC:src/%.c=$(B)/fuzz/%.o)
	$(call say,LD,$@)
	$(Q)clang $(FUZZFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIB_LDLIBS)
.SECONDARY:
fuzz: $(B)/fuzz/fuzz_$(FUZZ)
	$(Q)mkdir -p $(B)/fuzz/corpus/$(FUZZ)
	$(Q)$(B)/fuzz/fuzz_$(FUZZ) -max_total_time=$(TIME) -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ)

# what the tests run, without running it
check-programs: $(UNIT) $(INTEGRATION) $(EMU)

# everyday work: no root, no network, under two minutes
check-unit: all $(UNIT)
	$(Q)tests/run-unit $(UNIT)

check-lint: all
	$(Q)tests/lint/run

# the same tests under ASan and UBSan
check-sanitize:
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined WERROR=1 all check-programs
	$(Q)$(MAKE) --no-print-directory -j1 SANITIZE=address,undefined WERROR=1 check-unit check-integration

# each fuzz harness over its corpus, and a short time further
CHECK_FUZZ_TIME ?= 3
check-fuzz: $(FUZZERS:%=$(B)/fuzz/fuzz_%)
	$(Q)tests/fuzz/run $(CHECK_FUZZ_TIME) $(FUZZERS)

# what plays the machine's other parts: the paravisor in front of a software TPM
$(B)/emu/paravisor: $(wildcard tests/emu/paravisor*.[ch]) tests/lib/tdx_testpki.c tests/lib/testpki.c $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -o $@ $(filter %.c,$^) $(LIB) $(LIB_LDLIBS)
$(B)/emu/tdx-quote: tests/emu/tdx_quote.c tests/lib/tdx_testpki.c tests/lib/testpki.c $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -Itests/emu -o $@ $(filter %.c,$^) $(LIB) $(LIB_LDLIBS)
$(B)/emu/guest_secret_key: tests/emu/guest_secret_key.c tests/lib/guest_key.c $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -o $@ $(filter %.c,$^) $(LIB) $(LIB_LDLIBS)
emu: $(EMU)

# software TPMs and image files
$(B)/integration/%: tests/integration/%.c $(wildcard tests/lib/*.c tests/lib/*.h) $(VMGS_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -o $@ $< $(wildcard tests/lib/*.c) $(VMGS_LIB) $(LIB) $(LIB_LDLIBS) -lcmocka
check-integration: all $(INTEGRATION) $(EMU)
	$(Q)tests/run-unit $(INTEGRATION)

# every write of every change cut; allocations that fail: FAULT=full for each place that makes one
FAULT ?= quick
$(B)/fault/%.so: tests/fault/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -O1 -o $@ $< -ldl
check-fault: all $(INTEGRATION) $(B)/fault/cut_writes.so $(B)/fault/fail_alloc.so
	$(Q)tests/fault/run $(B) $(FAULT)

check-initramfs: all
	$(Q)tests/initramfs/run

check-vm: all
	$(Q)tests/vm/run --jobs 2

check: all
	$(Q)tests/check quick
check-full: all
	$(Q)tests/check full

demo: all
	$(Q)tests/vm/demo

bench: all
	$(Q)tests/bench/evidence
	$(Q)tests/bench/vmgs $(B)
	$(Q)tests/vm/bench

clean:
	rm -rf build

help:
	@echo 'make                 build cvmcrypt, cvmcrypt-fetch and vmgs'
	@echo 'make check-unit      unit tests: no root, under two minutes'
	@echo 'make check           every kind of test, root; check-full: the whole matrix of boots'
	@echo 'make check-{lint,sanitize,fuzz,integration,fault,initramfs,vm}'
	@echo 'make fuzz FUZZ=NAME TIME=SECONDS   one of: $(FUZZERS)'
	@echo 'make demo | bench | install | uninstall | clean'
	@echo 'Knobs: V=1 WERROR=1 SANITIZE=address,undefined CC CFLAGS LDFLAGS DESTDIR PREFIX'

include install.mk

-include $(wildcard $(B)/*.d $(B)/vmgs-tools/*.d $(B)/unit/*.d $(B)/fuzz/*.d $(B)/fuzz/vmgs-tools/*.d $(B)/integration/*.d)
.PHONY: all check check-full check-unit check-lint check-sanitize check-fuzz check-integration \
	check-programs check-fault check-initramfs check-vm emu demo bench fuzz clean help
