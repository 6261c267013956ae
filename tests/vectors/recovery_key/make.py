#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Recovery keys with their check characters, by multiplication tables of GF(32) and not by shifting:
# an implementation of recovery_key.h that shares nothing with the program's.
import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def polynomial_product(a, b):
    """a * b modulo x^5 + x^2 + 1, schoolbook."""
    product = 0
    for i in range(5):
        for k in range(5):
            if a >> i & 1 and b >> k & 1:
                product ^= 1 << (i + k)
    for degree in range(8, 4, -1):
        if product >> degree & 1:
            product ^= 0b100101 << (degree - 5)
    return product


def group(data, place):
    check = place
    for weight, value in zip((2, 4, 8, 16), data):
        check ^= polynomial_product(weight, value)
    return "".join(ALPHABET[v] for v in (*data, check))


def key(values):
    assert len(values) == 32
    return "-".join(group(values[4 * g:4 * g + 4], g + 1) for g in range(8))


print(key([0] * 32))
print(key([31] * 32))
print(key(list(range(32))))
for i in range(32):
    print(key([(b & 31) for b in hashlib.sha256(b"recovery key %d" % i).digest()]))
