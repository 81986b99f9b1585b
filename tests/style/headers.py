#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each header alone: headers.py ROOT BACKENDS -- COMPILER [FLAG...], with the backends' names joined by commas. Compiles
every header, included twice, as a unit of its own; two at a time."""
import concurrent.futures
import pathlib
import subprocess
import sys


def headers(root, backends):
    for folder in [root / "include"] + [root / "backends" / name for name in backends]:
        for path in sorted((folder / "plugtls").rglob("*.hpp")):
            name = path.relative_to(folder).as_posix()
            if "/asio_net/" not in name and "/boost_net/" not in name:
                yield folder, name


def compile_alone(command, root, folder, name):
    line = f'#include "{name}"\n'
    result = subprocess.run([*command, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
                             "-Werror", "-I", str(folder), "-I", str(root / "include"), "-x", "c++", "-"],
                            input=line + line, capture_output=True, text=True)
    return None if result.returncode == 0 else f"{name} does not compile alone:\n{result.stderr}"


def main(root, backends, command):
    root = pathlib.Path(root)
    todo = list(headers(root, [name for name in backends.split(",") if name]))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [p for p in pool.map(lambda header: compile_alone(command, root, *header), todo) if p]
    print("\n".join(problems))
    print(f"{len(todo)} headers, {len(problems)} of them wrong")
    return 1 if problems or not todo else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[4:]))
