#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Edits a LUKS2 header in an image or device the way a host could: any field of the JSON area, with
the checksum of each copy made right again. For tests; nothing here guards against nonsense.

  luks2_edit.py root.img --set segments.0.encryption=cipher_null-ecb
  luks2_edit.py /dev/vdb --offset 1048576 --add-flag allow-discards --copy primary --bump

A value that begins like JSON ({, [, ", true, false, null) is JSON, else text; fields that LUKS2
writes as numbers (sector_size, key_size, iterations, ...) become numbers.
"""
import argparse
import hashlib
import json
import os
import struct
import sys

MAGIC = {"primary": b"LUKS\xba\xbe", "secondary": b"SKUL\xba\xbe"}
BIN_SIZE = 4096
CSUM = slice(448, 512)
SIZES = [16384 << n for n in range(9)]
NUMBERS = {"sector_size", "key_size", "iterations", "stripes", "time", "memory", "cpus", "priority"}


class Copy:
    """One of the two copies, as it is on disk."""

    def __init__(self, name, at, data):
        self.name, self.at, self.data = name, at, bytearray(data)
        text = bytes(self.data[BIN_SIZE:]).split(b"\0")[0]
        self.json = json.loads(text)

    @property
    def seqid(self):
        return struct.unpack_from(">Q", self.data, 16)[0]

    @seqid.setter
    def seqid(self, value):
        struct.pack_into(">Q", self.data, 16, value)

    def text(self):
        return json.dumps(self.json, separators=(",", ":"), ensure_ascii=False).encode()

    def set_text(self, text):
        room = len(self.data) - BIN_SIZE
        if len(text) >= room:
            sys.exit(f"{self.name}: {len(text)} bytes of JSON do not fit {room}")
        self.data[BIN_SIZE:] = text + b"\0" * (room - len(text))

    def seal(self):
        self.data[CSUM] = b"\0" * 64
        self.data[CSUM] = hashlib.sha256(self.data).digest() + b"\0" * 32


def read_copy(f, name, at):
    f.seek(at)
    binary = f.read(BIN_SIZE)
    if binary[:6] != MAGIC[name] or binary[6:8] != b"\0\2":
        return None
    size = struct.unpack_from(">Q", binary, 8)[0]
    if size not in SIZES:
        return None
    try:
        return Copy(name, at, binary + f.read(size - BIN_SIZE))
    except ValueError:
        return None


def read_copies(f, offset):
    copies = [read_copy(f, "primary", offset)]
    for size in [len(copies[0].data)] if copies[0] else SIZES:
        second = read_copy(f, "secondary", offset + size)
        if second:
            copies.append(second)
            break
    return [c for c in copies if c]


def parse_value(key, text):
    if text[:1] in ("{", "[", '"') or text in ("true", "false", "null"):
        return json.loads(text)
    return int(text) if key in NUMBERS and text.lstrip("-").isdigit() else text


def walk(node, keys):
    for key in keys:
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, TypeError, ValueError):
            sys.exit(f"'{key}' of {'.'.join(keys)} is not there")
    return node


def set_path(root, assignment):
    path, _, text = assignment.partition("=")
    *parents, last = path.split(".")
    node = walk(root, parents)
    if isinstance(node, list):
        node[int(last)] = parse_value(last, text)
    else:
        node[last] = parse_value(last, text)


def delete_path(root, path):
    *parents, last = path.split(".")
    node = walk(root, parents)
    walk(node, [last])
    del node[int(last) if isinstance(node, list) else last]


def free_id(objects):
    return next(str(n) for n in range(32) if str(n) not in objects)


def change(copy, args):
    root = copy.json
    for path in args.delete:
        delete_path(root, path)
    for assignment in args.set:
        set_path(root, assignment)
    for token in args.add_token:
        root["tokens"][free_id(root["tokens"])] = json.loads(token)
    for kind in "segment", "keyslot", "digest":
        for text in getattr(args, "add_" + kind):
            root[kind + "s"][free_id(root[kind + "s"])] = json.loads(text)
    for flag in args.add_flag:
        root["config"].setdefault("flags", []).append(flag)
    for requirement in args.add_requirement:
        mandatory = root["config"].setdefault("requirements", {}).setdefault("mandatory", [])
        mandatory.append(requirement)
    text = copy.text()
    for old, new in args.replace:
        if old.encode() not in text:
            sys.exit(f"{copy.name}: '{old}' is not in the JSON text")
        text = text.replace(old.encode(), new.encode(), 1)
    copy.set_text(text)
    if args.json is not None:
        with open(args.json, "rb") as f:
            copy.set_text(f.read())
    if args.seqid is not None:
        copy.seqid = args.seqid
    if args.bump:
        copy.seqid += 1
    if args.uuid:
        copy.data[168:208] = args.uuid.encode().ljust(40, b"\0")
    if not args.keep_checksum:
        copy.seal()


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("file")
    p.add_argument("--offset", type=int, default=0, metavar="BYTES", help="where the volume starts")
    p.add_argument("--copy", choices=["both", "primary", "secondary"], default="both")
    p.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    p.add_argument("--delete", action="append", default=[], metavar="PATH")
    for kind in "token", "segment", "keyslot", "digest":
        p.add_argument("--add-" + kind, action="append", default=[], metavar="JSON")
    p.add_argument("--add-flag", action="append", default=[], metavar="FLAG")
    p.add_argument("--add-requirement", action="append", default=[], metavar="WORD")
    p.add_argument("--replace", nargs=2, action="append", default=[], metavar=("OLD", "NEW"),
                   help="in the JSON text, after the other changes: for what is no JSON any more")
    p.add_argument("--json", metavar="FILE", help="take the whole JSON text from FILE")
    p.add_argument("--seqid", type=int)
    p.add_argument("--bump", action="store_true", help="raise the seqid by one")
    p.add_argument("--uuid")
    p.add_argument("--keep-checksum", action="store_true", help="leave the old one: a torn copy")
    p.add_argument("--zero", action="store_true", help="overwrite the copies with zeros")
    p.add_argument("--print", action="store_true", help="print the first copy's JSON, no change")
    p.add_argument("--get", metavar="PATH", help="print one value of the first copy, no change")
    return p.parse_args()


def show(value):
    print(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))


def main():
    args = parse_arguments()
    reading = args.print or args.get is not None
    with open(args.file, "rb" if reading else "r+b") as f:
        copies = [c for c in read_copies(f, args.offset) if args.copy in ("both", c.name)]
        if not copies:
            sys.exit(f"{args.file}: no LUKS2 header at {args.offset}")
        if reading:
            show(walk(copies[0].json, args.get.split(".")) if args.get else copies[0].json)
            return
        if args.copy == "both" and len(copies) < 2:
            sys.exit(f"{args.file}: only the {copies[0].name} copy is there; choose it with --copy")
        for copy in copies:
            if args.zero:
                copy.data[:] = bytes(len(copy.data))
            else:
                change(copy, args)
            f.seek(copy.at)
            f.write(copy.data)
        f.flush()
        os.fsync(f.fileno())


if __name__ == "__main__":
    main()
