#!/bin/bash
# SPDX-License-Identifier: MIT
# dracut module: puts cvmcrypt into the boot image. What is right and wrong is known to the program
# (`cvmcrypt check`); here are only file lists. 99zcvmcrypt judges the finished image.
# shellcheck disable=SC2154 # dracut sets the variables

CVMCRYPT=/usr/sbin/cvmcrypt
CVMCRYPT_CONFIG=/etc/cvmcrypt

# facts about the configuration as key=value lines; fails when it is not fit for a boot image
cvmcrypt_facts() {
    local _line=$dracutsysrootdir/etc/kernel/cmdline
    local -a _args=(--config "$dracutsysrootdir$CVMCRYPT_CONFIG")

    [[ -f $_line ]] && _args+=(--cmdline "$_line")
    "$dracutsysrootdir$CVMCRYPT" check --image "${_args[@]}"
}

# cvmcrypt_fact FACTS NAME
cvmcrypt_fact() {
    sed -n "s/^$2=//p" <<< "$1"
}

cvmcrypt_not_configured() {
    dinfo "cvmcrypt: no volume is configured in $CVMCRYPT_CONFIG, nothing is added to the boot image"
}

# called by dracut
check() {
    [[ $mount_needs ]] && return 1
    require_binaries "$CVMCRYPT" || return 1
    if ! compgen -G "$dracutsysrootdir$CVMCRYPT_CONFIG/cvmcrypt.conf" > /dev/null \
        && ! compgen -G "$dracutsysrootdir$CVMCRYPT_CONFIG/cvmcrypt.conf.d/*.conf" > /dev/null; then
        cvmcrypt_not_configured
        return 1
    fi
    return 0
}

# called by dracut
depends() {
    echo dm systemd-initrd dracut-systemd zcvmcrypt
}

# called by dracut
installkernel() {
    local _facts

    _facts=$(cvmcrypt_facts) || return 1
    [[ $_facts == *configured=yes* ]] || return 0
    # shellcheck disable=SC2046
    hostonly='' instmods $(cvmcrypt_fact "$_facts" modules)
}

# Evidence: the time before which no certificate is judged, and the network if some comes over one.
cvmcrypt_evidence() {
    local _facts=$1 _file

    _file=$(cvmcrypt_fact "$_facts" built-at)
    if [[ $_file != no ]]; then
        printf '%s\n' "${SOURCE_DATE_EPOCH:-$(date +%s)}" > "$initdir$_file"
        chmod 0644 "$initdir$_file"
        # certificates that were put here, and those that boots have fetched
        for _file in "$CVMCRYPT_CONFIG"/evidence/* /var/lib/cvmcrypt/evidence/*; do
            [[ ! -f $dracutsysrootdir$_file ]] ||
                inst_simple "$_file" "$CVMCRYPT_CONFIG/evidence/${_file##*/}"
        done
    fi
    for _file in $(cvmcrypt_fact "$_facts" trust); do
        inst_simple "$_file" || dfatal "cvmcrypt: $_file is missing"
    done
    [[ $(cvmcrypt_fact "$_facts" network) == yes ]] || return 0
    DRACUT_RESOLVE_DEPS=1 inst_binary "$(cvmcrypt_fact "$_facts" fetcher)"
    inst_script "$(cvmcrypt_fact "$_facts" dhcp-event)"
    # the DHCP client; what is missing is told by the check of the image
    inst_multiple -o busybox
    _file=$(cvmcrypt_fact "$_facts" roots)
    [[ ! -f $dracutsysrootdir$_file ]] || inst_simple "$_file"
}

# called by dracut
install() {
    local _facts _unit _file

    _facts=$(cvmcrypt_facts) || {
        dfatal "cvmcrypt: the configuration is not fit for a boot image"
        exit 1
    }
    if [[ $_facts != *configured=yes* ]]; then
        cvmcrypt_not_configured
        return 0
    fi

    DRACUT_RESOLVE_DEPS=1 inst_binary "$CVMCRYPT"
    # pthread_cancel (argon2) loads it by dlopen, which ldd does not show
    inst_libdir_file "libgcc_s.so*"
    for _file in "$CVMCRYPT_CONFIG"/cvmcrypt.conf "$CVMCRYPT_CONFIG"/cvmcrypt.conf.d/*.conf; do
        [[ -f $dracutsysrootdir$_file ]] && inst_simple "$_file"
    done
    chmod -R u=rwX,go=rX "$initdir$CVMCRYPT_CONFIG"
    cvmcrypt_evidence "$_facts"

    # loaded beside everything else: the AES driver's self-tests take most of a second under
    # emulation
    mkdir -p "$initdir/etc/modules-load.d"
    printf '%s\n' aesni_intel dm_crypt xts > "$initdir/etc/modules-load.d/cvmcrypt.conf"

    inst_simple "$moddir/cvmcrypt-unlock.service" "$systemdsystemunitdir/cvmcrypt-unlock.service"
    inst_simple "$moddir/cvmcrypt-handoff.service" "$systemdsystemunitdir/cvmcrypt-handoff.service"
    inst_simple "$moddir/cvmcrypt-fail.service" "$systemdsystemunitdir/cvmcrypt-fail.service"
    $SYSTEMCTL -q --root "$initdir" enable cvmcrypt-unlock.service cvmcrypt-handoff.service
    _unit=$(cvmcrypt_fact "$_facts" device-unit)
    inst_simple "$moddir/device-timeout.conf" "$systemdsystemconfdir/$_unit.d/zz-cvmcrypt.conf"
    inst_simple "$moddir/99-zz-cvmcrypt.rules" /etc/udev/rules.d/99-zz-cvmcrypt.rules

    # No shell, no prompt: under /etc they win over what other modules install. Names of one unit,
    # because one failure often starts two of them.
    mkdir -p "$initdir$systemdsystemconfdir" "$initdir/etc/systemd/system-generators"
    for _unit in emergency rescue dracut-emergency; do
        ln -sfn "$systemdsystemunitdir/cvmcrypt-fail.service" \
            "$initdir$systemdsystemconfdir/$_unit.service"
    done
    for _unit in debug-shell.service systemd-ask-password-console.path \
        systemd-ask-password-console.service systemd-ask-password-plymouth.path \
        systemd-ask-password-plymouth.service; do
        ln -sfn /dev/null "$initdir$systemdsystemconfdir/$_unit"
    done
    # No other opener, and no unit made from what partitions say about themselves.
    for _unit in cryptsetup debug gpt-auto hibernate-resume run; do
        ln -sfn /dev/null "$initdir/etc/systemd/system-generators/systemd-$_unit-generator"
    done
}
