# SPDX-License-Identifier: MIT
# install and uninstall. Included by the Makefile, which sets DESTDIR, PREFIX, SBINDIR, LIBEXECDIR,
# UNITDIR, INITRAMFSDIR, DRACUTDIR, MANDIR, COMPLETIONDIR and B. UNITDIR_WANTS enables the commit unit
# the way a distribution does: by a link beside the units, which `systemctl mask` still overrules.
#
# uninstall removes what install has put there and leaves /etc/cvmcrypt and /var/lib/cvmcrypt: they
# hold the machine's configuration and its approving key.

SYSCONFDIR ?= /etc
DRACUTCONFDIR ?= $(DRACUTDIR:%/modules.d=%)/dracut.conf.d
# what is in every boot image goes without debug symbols; INSTALL_STRIP= keeps them
INSTALL_STRIP ?= -s
STATEDIR ?= /var/lib/cvmcrypt
BINDIR ?= $(PREFIX)/bin
UNITDIR_WANTS := $(UNITDIR)/multi-user.target.wants

INITRAMFS_SCRIPTS := $(wildcard initramfs-tools/scripts/*/cvmcrypt)
DRACUT_FILES := $(wildcard dracut/[0-9]*/*)
DRACUT_CONF := $(wildcard dracut/dracut.conf.d/*.conf)
UNITS := $(wildcard systemd/*.service)
MANPAGES := $(wildcard man/*.[1-8])
COMPLETIONS := $(wildcard completion/cvmcrypt $(B)/completion/cvmcrypt)

install: $(B)/cvmcrypt $(B)/cvmcrypt-fetch $(B)/vmgs
	install -d -m 0755 $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(INITRAMFSDIR)/hooks $(DESTDIR)$(DRACUTDIR) \
		$(DESTDIR)$(UNITDIR_WANTS) $(DESTDIR)$(SYSCONFDIR)/cvmcrypt
	install -d -m 0700 $(DESTDIR)$(STATEDIR)
	install $(INSTALL_STRIP) -m 0755 $(B)/cvmcrypt $(DESTDIR)$(SBINDIR)/cvmcrypt
	install $(INSTALL_STRIP) -m 0755 $(B)/cvmcrypt-fetch $(DESTDIR)$(LIBEXECDIR)/cvmcrypt-fetch
	install -m 0755 network/dhcp-event $(DESTDIR)$(LIBEXECDIR)/dhcp-event
	install -m 0755 initramfs-tools/hooks/cvmcrypt $(DESTDIR)$(INITRAMFSDIR)/hooks/cvmcrypt
	for f in $(INITRAMFS_SCRIPTS); do \
		install -D -m 0755 $$f $(DESTDIR)$(INITRAMFSDIR)/$${f#initramfs-tools/} || exit 1; \
	done
	for f in $(DRACUT_FILES); do \
		case $$f in *.sh) mode=0755 ;; *) mode=0644 ;; esac; \
		install -D -m $$mode $$f $(DESTDIR)$(DRACUTDIR)/$${f#dracut/} || exit 1; \
	done
	install -d -m 0755 $(DESTDIR)$(DRACUTCONFDIR)
	install -m 0644 $(DRACUT_CONF) $(DESTDIR)$(DRACUTCONFDIR)/
	for f in $(notdir $(UNITS)); do \
		install -m 0644 systemd/$$f $(DESTDIR)$(UNITDIR)/$$f && \
		ln -sf ../$$f $(DESTDIR)$(UNITDIR_WANTS)/$$f || exit 1; \
	done
	install -D $(INSTALL_STRIP) -m 0755 $(B)/vmgs $(DESTDIR)$(BINDIR)/vmgs
	install -D -m 0644 completion/vmgs $(DESTDIR)$(COMPLETIONDIR)/vmgs
	for f in $(MANPAGES); do \
		install -D -m 0644 $$f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/} || exit 1; \
	done
	for f in $(firstword $(COMPLETIONS)); do \
		install -D -m 0644 $$f $(DESTDIR)$(COMPLETIONDIR)/cvmcrypt || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/vmgs $(DESTDIR)$(COMPLETIONDIR)/vmgs
	rm -rf $(DESTDIR)$(LIBEXECDIR)
	rm -f $(DESTDIR)$(SBINDIR)/cvmcrypt $(DESTDIR)$(INITRAMFSDIR)/hooks/cvmcrypt \
		$(DESTDIR)$(COMPLETIONDIR)/cvmcrypt
	for f in $(INITRAMFS_SCRIPTS); do rm -f $(DESTDIR)$(INITRAMFSDIR)/$${f#initramfs-tools/}; done
	rm -f $(patsubst dracut/dracut.conf.d/%,$(DESTDIR)$(DRACUTCONFDIR)/%,$(DRACUT_CONF))
	for d in $(wildcard dracut/[0-9]*); do rm -rf $(DESTDIR)$(DRACUTDIR)/$${d#dracut/}; done
	for f in $(notdir $(UNITS)); do \
		rm -f $(DESTDIR)$(UNITDIR)/$$f $(DESTDIR)$(UNITDIR_WANTS)/$$f; \
	done
	for f in $(MANPAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}; done

.PHONY: install uninstall
