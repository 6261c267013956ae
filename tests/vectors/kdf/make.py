#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# What src/kdf.h derives, from RFC 5869 and Python's hmac alone. One line a value:
# INPUT-KEY ID PURPOSE VALUE, all but the purpose in hex (the passphrase is that text).
import hashlib
import hmac

INFOS = ("luks-passphrase", "commitment", "header-mac", "child-wrap", "journal-mac",
         "volume-key-wrap", "recovery-wrap")


def hkdf(key, salt, info, length):
    extracted = hmac.new(salt, key, hashlib.sha256).digest()
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.new(extracted, block + info + bytes([counter]), hashlib.sha256).digest()
        out += block
        counter += 1
    return out[:length]


# RFC 5869, A.1: the function itself
assert hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xf0, 0xfa)), 42).hex() == (
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")

INPUTS = (
    (bytes(32), bytes(16)),
    (bytes(range(32)), bytes(range(0xa0, 0xb0))),
    (hashlib.sha256(b"a secret").digest(), hashlib.sha256(b"an id").digest()[:16]),
    (b"00001-00002-00003-00004-00005-00006-00007-00008", bytes(range(0xa0, 0xb0))),
)
for secret, ident in INPUTS:
    for info in INFOS:
        value = hkdf(secret, ident, b"cvmcrypt/1 " + info.encode(), 32)
        print(secret.hex(), ident.hex(), info, value.hex())
