#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the targets of ninja that some tests need: needed.py BUILD ARGUMENT-OF-MESON-TEST... Not all versions of Meson build those alone."""
import json
import os
import pathlib
import subprocess
import sys


def main(build, *arguments):
    listed = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--list", *arguments], capture_output=True, text=True)
    if listed.returncode != 0:
        sys.exit(listed.stdout + listed.stderr)
    # Each line is "PROJECT:SUITE / NAME".
    names = {line.split(" / ", 1)[1] for line in listed.stdout.splitlines() if " / " in line}
    info = pathlib.Path(build) / "meson-info"
    tests = json.loads((info / "intro-tests.json").read_text())
    ids = {target for test in tests if test["name"] in names for target in test["depends"]}
    for target in json.loads((info / "intro-targets.json").read_text()):
        if target["id"] in ids:
            print(*(os.path.relpath(path, build) for path in target["filename"]), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
