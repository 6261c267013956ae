# SPDX-License-Identifier: MIT
# cvmcrypt: see `make help`.
#
# Knobs: V=1 (show commands), WERROR=1 (warnings are errors), SANITIZE=address,undefined,
# CC, CFLAGS, LDFLAGS (the user's flags come last), DESTDIR, PREFIX, SBINDIR, MANDIR, SYSCONFDIR.

PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= /lib/systemd/system
INITRAMFSDIR ?= $(PREFIX)/share/initramfs-tools
DRACUTDIR ?= $(PREFIX)/lib/dracut/modules.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
DOCDIR ?= $(PREFIX)/share/doc/cvmcrypt

B ?= build
CFLAGS ?= -O2 -g
VERSION := 0.1.0

LIBS := libcryptsetup devmapper tss2-esys tss2-mu tss2-rc tss2-tcti-device libcrypto libcjson
LIB_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LIB_LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -ldl

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
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -DCVMCRYPT_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) \
	-MMD -MP -Isrc $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

SRC := $(filter-out src/main.c,$(wildcard src/*.c))
OBJ := $(SRC:src/%.c=$(B)/%.o)
LIB := $(B)/libcvmcrypt.a
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

all: $(B)/cvmcrypt

-include Makefile.local

# objects depend on the flags they were made with
FLAGSTAMP := $(B)/.flags
$(shell mkdir -p $(B)/unit $(B)/fuzz; printf '%s' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' | cmp -s - $(FLAGSTAMP) || printf '%s' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' > $(FLAGSTAMP))

$(B)/%.o: src/%.c $(FLAGSTAMP)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(OBJ)

$(B)/cvmcrypt: $(B)/main.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

$(B)/unit/%: tests/unit/%.c $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIB_LDLIBS) -lcmocka

# make fuzz FUZZ=eventlog TIME=60: libFuzzer, clang, ASan and UBSan
TIME ?= 60
FUZZFLAGS := -std=gnu17 -D_GNU_SOURCE -DCVMCRYPT_VERSION='"$(VERSION)"' -O1 -g \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Isrc $(LIB_CFLAGS)
$(B)/fuzz/%.o: src/%.c
	$(call say,CC,$@)
	$(Q)clang $(FUZZFLAGS) -MMD -MP -c -o $@ $<
$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(SRC:src/%.c=$(B)/fuzz/%.o)
	$(call say,LD,$@)
	$(Q)clang $(FUZZFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIB_LDLIBS)
.SECONDARY:
fuzz: $(B)/fuzz/fuzz_$(FUZZ)
	$(Q)mkdir -p $(B)/fuzz/corpus/$(FUZZ)
	$(Q)$(B)/fuzz/fuzz_$(FUZZ) -max_total_time=$(TIME) -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ)

check-unit: all $(UNIT)
	$(Q)tests/run-unit $(UNIT)

clean:
	rm -rf build

help:
	@echo 'make all | check-unit | check | check-full | fuzz FUZZ=<format> TIME=<s> | bench | install | clean'

-include $(wildcard $(B)/*.d $(B)/unit/*.d $(B)/fuzz/*.d)
.PHONY: all check-unit fuzz clean help
