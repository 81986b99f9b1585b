#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes a header that includes every header of the neutral part and of the given backends: everything.py ROOT BACKENDS
ORDER OUTPUT; ORDER is `forward` or `backward`, so that two units see the backends in both orders."""
import pathlib
import sys

from headers import headers


def main(root, backends, order, output):
    names = [name for _, name in headers(pathlib.Path(root), backends.split(",")) if name != "plugtls/backend.hpp"]
    if order == "backward":
        names.reverse()
    text = "\n".join(["// SPDX-License-Identifier: BSL-1.0", "#pragma once", *[f'#include "{name}"' for name in names], ""])
    output = pathlib.Path(output)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
