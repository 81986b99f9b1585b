#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes a header that includes those of several backends in one order: order.py ROOT BACKENDS NUMBER OUTPUT, with the
backends' names joined by commas and the number of the order. Odd orders have the libraries' own headers before ours, but
for a library that must come after (its backend stops the build then); even ones have all of them behind.
NUMBER `single...`: the single headers."""
import itertools
import pathlib
import re
import sys


def own_headers(root, name):
    text = (root / "backends" / name / "plugtls" / name / "compat.hpp").read_text(encoding="utf-8")
    headers = re.findall(r"^#include (<(?!plugtls).*/.*>)", text.split("namespace plugtls")[0], re.MULTILINE)
    must_be_later = "before any header of" in text
    return headers[:10], must_be_later


def main(root, backends, number, output):
    root, names = pathlib.Path(root), backends.split(",")
    if number.startswith("single"):
        lines = [f'#include "plugtls-{name}.hpp"' for name in names]
    else:
        orders = list(itertools.permutations(names))
        order = orders[int(number) % len(orders)]
        first = int(number) % 2
        raw = [header for name in order for header in own_headers(root, name)[0]
               if not (first and own_headers(root, name)[1])]
        ours = [f"<plugtls/{name}.hpp>" for name in order] + ["<plugtls/memory_pipe.hpp>", "<plugtls/plugtls.hpp>"]
        lines = [f"#include {header}" for header in (raw + ours if first else ours + raw)]
    types = ", ".join(f"plugtls::{name}::backend" for name in names)
    text = "\n".join(["// SPDX-License-Identifier: BSL-1.0", "#pragma once", *lines, "#include <tuple>",
                      f"using every_backend = std::tuple<{types}>;", ""])
    output = pathlib.Path(output)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
