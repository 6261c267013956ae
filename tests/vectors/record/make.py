#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Records, the bytes under their MAC and the MAC, written from docs/record.md alone: no code in common
# with the program. The header is ../luks2/plain.bin; S is 00 01 ... 1f. Run in this folder.
import base64
import hashlib
import hmac
import json

S = bytes(range(32))
ID = bytes(range(0xa0, 0xb0))

with open("../luks2/plain.bin", "rb") as f:
    PRIMARY = f.read(16384)
UUID = PRIMARY[168:208].rstrip(b"\0")
HEADER = json.loads(PRIMARY[4096:].rstrip(b"\0").decode())


def b64(data):
    return base64.b64encode(data).decode()


def noise(label, size):
    out = b""
    while len(out) < size:
        out += hashlib.sha256(b"%s %d" % (label.encode(), len(out))).digest()
    return out[:size]


def be(value, size):
    return value.to_bytes(size, "big")


def lv(data):
    data = data.encode() if isinstance(data, str) else data
    return be(len(data), 4) + data


def header_bytes(slot):
    s = HEADER["segments"]["0"]
    k = HEADER["keyslots"][slot]
    area, kdf = k["area"], k["kdf"]
    d = next(d for d in HEADER["digests"].values() if "0" in d["segments"])
    dynamic = s["size"] == "dynamic"
    out = lv("cvmcrypt/1 header") + lv(UUID)
    out += be(int(s["offset"]), 8) + be(dynamic, 1) + be(0 if dynamic else int(s["size"]), 8)
    out += be(int(s["iv_tweak"]), 8) + lv(s["encryption"]) + be(s["sector_size"], 4)
    out += be(int(slot), 4) + be(k["key_size"], 4)
    out += be(int(area["offset"]), 8) + be(int(area["size"]), 8)
    out += lv(area["encryption"]) + be(area["key_size"], 4)
    out += be(k["af"]["stripes"], 4) + lv(k["af"]["hash"])
    out += lv(kdf["type"]) + lv(kdf.get("hash", ""))
    out += be(kdf.get("iterations", kdf.get("time", 0)), 4)
    out += be(kdf.get("memory", 0), 4) + be(kdf.get("cpus", 0), 4)
    out += lv(base64.b64decode(kdf["salt"]))
    out += lv(d["hash"]) + be(d["iterations"], 4)
    out += lv(base64.b64decode(d["salt"])) + lv(base64.b64decode(d["digest"]))
    return out


def way_bytes(way):
    def raw(key):
        return base64.b64decode(way.get(key, ""))

    if way["type"] == "tpm2":
        return (be(1, 1) + be(way["srk"], 4) + (raw("name") or bytes(34)) + raw("key") +
                be(way["nv"], 4) + be(way["pcrs"], 4) + lv(raw("pub")) + lv(raw("prv")))
    if way["type"] == "recovery":
        return be(2, 1) + be(way.get("slot", 0xffffffff), 4) + raw("s")
    return be(3, 1) + raw("parent") + raw("s")


def record_bytes(r):
    out = be(r["v"], 4) + be(r["min"], 4) + base64.b64decode(r["id"]) + be(int(r["gen"]), 8)
    out += be(int(r["keyslots"][0]), 4) + lv(r["cipher"]) + be(r["key"], 4) + be(r["sector"], 4)
    out += be(int(r["offset"]), 8) + lv(base64.b64decode(r["vk"]))
    return out + be(len(r["ways"]), 4) + b"".join(way_bytes(w) for w in r["ways"])


def mac_key():
    extracted = hmac.new(ID, S, hashlib.sha256).digest()
    return hmac.new(extracted, b"cvmcrypt/1 header-mac\x01", hashlib.sha256).digest()


def record(ways, approvals=(), **changes):
    r = {
        "type": "cvmcrypt", "keyslots": ["0"], "v": 1, "min": 1, "id": b64(ID), "gen": "1",
        "cipher": "aes-xts-plain64", "key": 64, "sector": 512, "offset": "16777216",
        "vk": b64(noise("volume key", 72)), "ways": ways, "mac": "", "ok": list(approvals),
    }
    r.update(changes)
    return r


def tpm2(pcrs=0xb890, sealed=(80, 158), **changes):
    w = {"type": "tpm2", "srk": 0x81000001, "nv": 0x01c56d63, "pcrs": pcrs,
         "key": b64(noise("approver", 64))}
    if sealed:
        w.update(name=b64(b"\0\x0b" + noise("srk", 32)), pub=b64(noise("public", sealed[0])),
                 prv=b64(noise("private", sealed[1])))
    w.update(changes)
    return w


def recovery(slot=1):
    w = {"type": "recovery", "slot": slot, "s": b64(noise("recovery", 40))}
    if slot is None:
        del w["slot"]
    return w


def parent():
    return {"type": "parent", "parent": b64(noise("parent id", 16)), "s": b64(noise("parent", 40))}


def approval(number, pcrs, flags):
    return {"n": str(number), "sig": b64(noise("signature %d" % number, 64)),
            "pcr": b64(noise("values %d" % number, 6 * pcrs)), "f": flags}


LARGEST = 2 ** 64 - 1
CASES = {
    "root": record([tpm2(), recovery()], [approval(7, 6, 1), approval(8, 6, 2)]),
    "data": record([parent(), recovery()]),
    "unsealed": record([recovery(None), tpm2(sealed=None)]),
    # as long as every field can be
    "largest": record([tpm2(pcrs=0xff0000, sealed=(128, 256), srk=0x81ffffff, nv=0x01ffffff),
                       recovery(31)],
                      [approval(LARGEST - i, 8, 3) for i in range(4)],
                      gen=str(LARGEST), cipher="aes-" + 23 * "x" + "-512", sector=4096,
                      offset=str(2 ** 63 - 512)),
}
for name, r in CASES.items():
    under_mac = header_bytes(r["keyslots"][0]) + record_bytes(r)
    r["mac"] = b64(hmac.new(mac_key(), under_mac, hashlib.sha256).digest())
    text = json.dumps(r, separators=(",", ":"))
    with open(name + ".json", "w", encoding="ascii") as f:
        f.write(text)
    with open(name + ".mac-input", "w", encoding="ascii") as f:
        f.write(under_mac.hex())
    print(name, len(text), len(under_mac), "bytes")
