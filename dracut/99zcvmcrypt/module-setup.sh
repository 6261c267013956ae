#!/bin/bash
# SPDX-License-Identifier: MIT
# dracut module: the last of all; judges the image that the others have made. A failure in
# installkernel is what makes dracut give up.
# shellcheck disable=SC2154 # dracut sets the variables

# called by dracut
check() {
    return 255
}

# cvmcrypt is in the image: it was asked for and is configured
have_cvmcrypt() {
    [[ -x $initdir/usr/sbin/cvmcrypt ]]
}

# called by dracut
installkernel() {
    have_cvmcrypt || return 0
    "$dracutsysrootdir/usr/sbin/cvmcrypt" check --image-tree "$initdir"
}

# called by dracut
install() {
    have_cvmcrypt || return 0
    # a prompt for more kernel parameters; masked only now, when its module has added its links
    ln -sfn /dev/null "$initdir/etc/systemd/system/dracut-cmdline-ask.service"
}
