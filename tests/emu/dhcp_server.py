#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other end of a wire: DHCP, DNS and a metadata service. usage: dhcp_server.py INTERFACE MODE

Runs in a network namespace of its own (`unshare --net`). Prints its process id, waits until the
interface is there, prints "ready", and ends when its standard input does. It is 10.11.12.1/24 and
169.254.169.254; every name that ends in .test is the latter. On port 80 it answers "{}".

MODE: normal; silent (no DHCP); far (a /32 and a router outside of it); nodns; lies (a broadcast
address, a router 127.0.0.1); flood (options full of text that a shell would run).
"""
import os
import socket
import struct
import subprocess
import sys
import threading
import time

ADDRESS, SERVICE, GIVEN = "10.11.12.1", "169.254.169.254", "10.11.12.77"


def option(code, data):
    return bytes([code, len(data)]) + data


def ip(text):
    return socket.inet_aton(text)


def options_for(mode):
    if mode == "far":
        return option(1, ip("255.255.255.255")) + option(3, ip(ADDRESS)) + option(6, ip(ADDRESS))
    if mode == "nodns":
        return option(1, ip("255.255.255.0"))
    if mode == "lies":
        return option(1, ip("255.255.255.0")) + option(3, ip("127.0.0.1"))
    evil = b"x; touch /tmp/cvmcrypt-evil $(touch /tmp/cvmcrypt-evil)\n`touch /tmp/cvmcrypt-evil`"
    text = option(12, evil) + option(15, evil) + option(17, evil) if mode == "flood" else b""
    return text + option(1, ip("255.255.255.0")) + option(3, ip(ADDRESS)) + option(6, ip(ADDRESS))


def kind_of(request):
    at = 240
    while at + 2 < len(request) and request[at] != 255:
        if request[at] == 53:
            return request[at + 2]
        at += 2 + request[at + 1] if request[at] else 1
    return 0


def dhcp(interface, mode):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    s.bind(("", 67))
    while True:
        request, _ = s.recvfrom(4096)
        kind = kind_of(request)
        if len(request) < 240 or kind not in (1, 3) or mode == "silent":
            continue
        reply = struct.pack("!BBBBIHH4s4s4s4s", 2, 1, 6, 0, struct.unpack("!I", request[4:8])[0], 0,
                            0x8000, b"\0" * 4, ip(GIVEN), ip(ADDRESS), b"\0" * 4)
        reply += request[28:44] + b"\0" * 192 + b"\x63\x82\x53\x63"
        reply += option(53, bytes([2 if kind == 1 else 5])) + option(54, ip(ADDRESS))
        reply += option(51, struct.pack("!I", 3600)) + options_for(mode) + b"\xff"
        s.sendto(reply.ljust(300, b"\0"), ("255.255.255.255", 68))


def dns():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ADDRESS, 53))
    while True:
        q, peer = s.recvfrom(4096)
        end = 12
        while q[end]:
            end += q[end] + 1
        known = q[12:end].endswith(b"\x04test") and q[end + 1:end + 3] == b"\0\1"
        head = q[:2] + (b"\x81\x80" if known else b"\x81\x83") + q[4:6]
        head += struct.pack("!HHH", known, 0, 0) + q[12:end + 5]
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + ip(SERVICE) if known else b""
        s.sendto(head + answer, peer)


def http():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((SERVICE, 80))
    s.listen(8)
    while True:
        c, _ = s.accept()
        with c:
            c.recv(65536)
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                      b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")


def run(*words):
    subprocess.run(words, check=True)


def main():
    interface, mode = sys.argv[1], sys.argv[2]
    print(os.getpid(), flush=True)
    while not any(name == interface for _, name in socket.if_nameindex()):
        time.sleep(0.02)
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", ADDRESS + "/24", "dev", interface)
    run("ip", "address", "add", SERVICE + "/32", "dev", interface)
    run("ip", "link", "set", interface, "up")
    for target in ((dhcp, (interface, mode)), (dns, ()), (http, ())):
        threading.Thread(target=target[0], args=target[1], daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
