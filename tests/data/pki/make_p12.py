#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Adds to the test PKI containers of PKCS#12 (RFC 7292) that the openssl command does not make, of what is in this folder:
bags in the clear, and a MAC by the password `secret`. Run by make_keys.sh; gives the same bytes each time.

    mixed_order.p12    the server's: the root, the intermediate, a stranger's certificate, the leaf, then the key
    two_keys.p12       the keys of server and client, and both certificates
    other_key.p12      the server's certificate with the client's key
    no_certificate.p12 the server's key alone
    no_mac.p12         the server's, without a MAC
    nested.p12         the server's, in a bag of bags
    sha512_mac.p12     the server's, with a MAC that plugtls does not know"""
import base64
import hashlib
import hmac
import pathlib

HERE = pathlib.Path(__file__).parent


def der(name):
    lines = (HERE / f"{name}.pem").read_text().split("-----END")[0].splitlines()
    return base64.b64decode("".join(line for line in lines if not line.startswith("-----")))


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes(
        (size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        groups = [arc & 0x7f]
        while arc := arc >> 7:
            groups.insert(0, 0x80 | arc & 0x7f)
        out += bytes(groups)
    return tlv(6, out)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bag(kind, value):
    return tlv(0x30, oid(f"1.2.840.113549.1.12.10.1.{kind}"), tlv(0xa0, value))


def key(name):
    return bag(1, der(f"{name}_key"))


def cert(name):
    return bag(3, tlv(0x30, oid("1.2.840.113549.1.9.22.1"), tlv(0xa0, tlv(4, der(name)))))


def data(content):
    return tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xa0, tlv(4, content)))


def mac(message, password, name, number):
    salt, rounds = b"saltsalt", 1000
    block = hashlib.new(name).block_size
    stretch = lambda text: (text * block)[:-(-len(text) // block) * block]
    secret = bytes([3]) * block + stretch(salt) + stretch(password.encode("utf-16-be") + b"\0\0")
    for _ in range(rounds):
        secret = hashlib.new(name, secret).digest()
    digest = hmac.new(secret, message, name).digest()
    return tlv(0x30, tlv(0x30, tlv(0x30, oid(number), tlv(5)), tlv(4, digest)), tlv(4, salt), integer(rounds))


def write(name, bags, hashed=("sha256", "2.16.840.1.101.3.4.2.1")):
    safe = tlv(0x30, data(tlv(0x30, *bags)))
    tail = [mac(safe, "secret", *hashed)] if hashed else []
    (HERE / f"{name}.p12").write_bytes(tlv(0x30, integer(3), data(safe), *tail))


write("mixed_order", [cert("root"), cert("intermediate"), cert("other_root"), cert("server"), key("server")])
write("two_keys", [key("server"), cert("server"), key("client"), cert("client"), cert("intermediate")])
write("other_key", [key("client"), cert("server"), cert("intermediate")])
write("no_certificate", [key("server")])
write("no_mac", [key("server"), cert("server"), cert("intermediate")], None)
write("nested", [bag(6, tlv(0x30, key("server"), cert("server"))), cert("intermediate")])
write("sha512_mac", [key("server"), cert("server"), cert("intermediate")], ("sha512", "2.16.840.1.101.3.4.2.3"))
