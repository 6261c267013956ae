#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A hostile HTTP and HTTPS server. usage: http_hostile.py DIR

Makes a root and certificates in DIR (root.pem, other.pem), listens on one port of 127.0.0.1 for each
kind below, and prints "NAME=PORT" lines, "pin=sha256//..." and last "ready". What it answers is
chosen by the path; see the functions below. It ends when its standard input does.

Kinds: plain (http), good, wrongname, expired, ahead (valid from tomorrow's morrow on), soon (from one
hour ahead), short (valid for ten more days), otherroot, selfsigned, old (TLS 1.1 at most), silent
(accepts and says nothing, not even TLS).
"""
import base64
import datetime
import hashlib
import json
import os
import socket
import ssl
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make_root(text):
    key = ec.generate_private_key(ec.SECP256R1())
    cert = (x509.CertificateBuilder().subject_name(name(text)).issuer_name(name(text))
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(datetime.datetime(2015, 1, 1)).not_valid_after(NOW + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
    return key, cert


def make_leaf(root, host, start, end, self_signed=False):
    key = ec.generate_private_key(ec.SECP256R1())
    cert = (x509.CertificateBuilder().subject_name(name(host))
            .issuer_name(name(host) if self_signed else root[1].subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(start).not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(key if self_signed else root[0], hashes.SHA256()))
    return key, cert


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def spki_pin(key):
    der = key.public_key().public_bytes(serialization.Encoding.DER,
                                        serialization.PublicFormat.SubjectPublicKeyInfo)
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def tls_context(folder, leaf, old=False):
    path = os.path.join(folder, "leaf-%d.pem" % leaf[1].serial_number)
    with open(path, "wb") as f:
        f.write(pem(leaf[1]) + leaf[0].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(path)
    return context


def head(status="200 OK", *headers):
    return ("HTTP/1.1 %s\r\n" % status + "".join(h + "\r\n" for h in headers) + "\r\n").encode()


def answer(body, *headers, status="200 OK", kind="application/json"):
    return head(status, "Content-Type: " + kind, "Content-Length: %d" % len(body), *headers) + body


def for_ever(send, first, chunk, pause=0.0):
    send(first)
    while True:
        send(chunk)
        time.sleep(pause)


def respond(send, method, path, headers, body):
    """Sends what the path asks for; returns whether the connection may be used again."""
    what = path.split("?")[0].split("/")[1:]
    if what[0] == "ok":
        send(answer(b'{"ok":true}'))
    elif what[0] == "echo":
        send(answer(json.dumps({"method": method, "path": path, "headers": headers,
                                "body": body.decode("latin-1")}).encode()))
        return True
    elif what[0] == "size":
        send(answer(b"x" * int(what[1])))
    elif what[0] == "chunked":
        send(head("200 OK", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")
    elif what[0] == "redirect":
        send(head("302 Found", "Location: http://127.0.0.1:1/", "Content-Length: 0"))
    elif what[0] == "huge":
        for_ever(send, head("200 OK", "Content-Length: 1000000000"), b"x" * 65536)
    elif what[0] == "huge-chunked":
        for_ever(send, head("200 OK", "Transfer-Encoding: chunked"), b"1000\r\n" + b"x" * 4096 + b"\r\n")
    elif what[0] == "endless":
        for_ever(send, head("200 OK"), b"x" * 65536)
    elif what[0] == "slow":
        for_ever(send, head("200 OK", "Content-Length: 30000"), b"x", 0.2)
    elif what[0] == "slow-chunked":
        for_ever(send, head("200 OK", "Transfer-Encoding: chunked"), b"1\r\nx\r\n", 0.2)
    elif what[0] == "slow-head":
        for_ever(send, b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.2)
    elif what[0] == "silent":
        time.sleep(60)
    elif what[0] == "drop":
        send(head("200 OK", "Content-Length: 100") + b"half")
    elif what[0] == "nothing":
        pass
    elif what[0] == "headers":
        for_ever(send, b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 100 + b"\r\n")
    elif what[0] == "long-header":
        for_ever(send, b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 4096)
    elif what[0] == "interim":
        for_ever(send, b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n")
    elif what[0] == "type":
        send(answer(b"<html>", kind="text/html"))
    elif what[0] == "gzip":
        send(answer(b"\x1f\x8b" + b"\0" * 50, "Content-Encoding: gzip"))
    elif what[0] == "garbage":
        send(os.urandom(4096))
    elif what[0] == "http09":
        send(b"just a body\n")
    elif what[0] == "two-lengths":
        send(head("200 OK", "Content-Length: 5", "Content-Length: 6") + b"hello!")
    elif what[0] == "status":
        send(answer(b'{"error":"x"}', "Retry-After: 7", "x-ms-request-id: abc-123",
                    status="%s Told" % what[1]))
    elif what[0] == "retry":
        send(answer(b"", "Retry-After: " + what[1], status="503 No"))
    elif what[0] == "control":
        send(answer(b"{}", "x-ms-request-id: a\x1b[2Jb\x9b" + "c" * 500,
                    kind="application/json\x1b[1m", status="500 \x1b[2J"))
    elif what[0] == "cookie":
        seen = "cookie" in headers
        send(answer(b"seen" if seen else b"none", "Set-Cookie: a=b; Path=/"))
        return True
    else:
        send(answer(b"{}", status="404 Not Found"))
    return False


def read_request(f):
    line = f.readline(70000).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while True:
        h = f.readline(70000).decode("latin-1").rstrip("\r\n")
        if not h:
            break
        key, _, value = h.partition(":")
        headers[key.lower()] = value.strip()
    return line[0], line[1], headers, f.read(int(headers.get("content-length", 0)))


def serve_one(connection, context):
    try:
        connection.settimeout(70)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as f:
            while True:
                request = read_request(f)
                if not request or not respond(connection.sendall, *request):
                    break
    except (OSError, ValueError, IndexError):
        pass


def hold(connection):
    time.sleep(60)
    connection.close()


def listen(context, handler=None):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(64)

    def accept():
        while True:
            c, _ = s.accept()
            target = (hold, (c,)) if handler else (serve_one, (c, context))
            threading.Thread(target=target[0], args=target[1], daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return s.getsockname()[1]


def main():
    folder = sys.argv[1]
    root, other = make_root("test root"), make_root("other root")
    start, end = NOW - DAY, NOW + 365 * DAY
    good = make_leaf(root, "localhost", start, end)
    leaves = {
        "good": good,
        "wrongname": make_leaf(root, "other.example", start, end),
        "expired": make_leaf(root, "localhost", datetime.datetime(2019, 1, 1),
                             datetime.datetime(2020, 1, 1)),
        "ahead": make_leaf(root, "localhost", NOW + 2 * DAY, end),
        "soon": make_leaf(root, "localhost", NOW + DAY / 24, end),
        "short": make_leaf(root, "localhost", start, NOW + 10 * DAY),
        "otherroot": make_leaf(other, "localhost", start, end),
        "selfsigned": make_leaf(root, "localhost", start, end, self_signed=True),
    }
    with open(os.path.join(folder, "root.pem"), "wb") as f:
        f.write(pem(root[1]))
    with open(os.path.join(folder, "other.pem"), "wb") as f:
        f.write(pem(other[1]))
    print("plain=%d" % listen(None))
    print("silent=%d" % listen(None, hold))
    print("old=%d" % listen(tls_context(folder, good, old=True)))
    for kind, leaf in leaves.items():
        print("%s=%d" % (kind, listen(tls_context(folder, leaf))))
    print("pin=" + spki_pin(good[0]))
    print("now=%d" % time.time())
    print("ready", flush=True)
    sys.stdin.read()


main()
