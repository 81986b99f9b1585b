#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes all certificates of limbo.json.xz as PEM: extract.py LIMBO OUTPUT. Tests in C++ read no xz and no JSON."""
import json
import lzma
import sys

pems = set()
with lzma.open(sys.argv[1]) as file:
    for case in json.load(file)["testcases"]:
        pems.update([case["peer_certificate"], *case["untrusted_intermediates"], *case["trusted_certs"]])
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.write("".join(pem if pem.endswith("\n") else pem + "\n" for pem in sorted(pems)))
