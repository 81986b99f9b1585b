#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each header alone: headers.py ROOT BACKENDS CACHE -- COMPILER [FLAG...], with the backends' names joined by commas.
Compiles every header, included twice, as a unit of its own; two at a time. A header that compiled is not compiled again
until it, or a header of ours that it includes, changes: the folder CACHE holds what it was made of."""
import concurrent.futures
import hashlib
import pathlib
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]


def headers(root, backends):
    for folder in [root / "include"] + [root / "backends" / name for name in backends]:
        for path in sorted((folder / "plugtls").rglob("*.hpp")):
            name = path.relative_to(folder).as_posix()
            if "/asio_net/" not in name and "/boost_net/" not in name:
                yield folder, name


def digest(files, *more):
    whole = hashlib.sha256(repr(more).encode())
    for file in files:
        whole.update(pathlib.Path(file).read_bytes())
    return whole.hexdigest()


def compile_alone(command, version, root, cache, folder, name):
    known = cache / (folder.name + "-" + name.replace("/", "-"))
    try:
        old, *files = known.read_text().splitlines()
        if old == digest(files, command, version):
            return None
    except OSError:
        pass
    line = f'#include "{name}"\n'
    # The names that -H prints are those of the headers that were opened, indented by dots.
    result = subprocess.run([*command, "-H", "-fsyntax-only", *WARNINGS, "-I", str(folder), "-I", str(root / "include"),
                             "-x", "c++", "-"], input=line + line, capture_output=True, text=True)
    if result.returncode:
        said = [line for line in result.stderr.split("Multiple include guards")[0].splitlines() if line[:1] != "."]
        return f"{name} does not compile alone:\n" + "\n".join(said)
    opened = {line.split(" ", 1)[1] for line in result.stderr.splitlines() if line.startswith(".")}
    files = sorted(file for file in opened if file.startswith(str(root)))
    known.write_text("\n".join([digest(files, command, version), *files]))
    return None


def main(root, backends, cache, command):
    root, cache = pathlib.Path(root), pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([*command, "--version"], capture_output=True, text=True).stdout
    todo = list(headers(root, [name for name in backends.split(",") if name]))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [p for p in pool.map(lambda header: compile_alone(command, version, root, cache, *header), todo) if p]
    print("\n".join(problems))
    print(f"{len(todo)} headers, {len(problems)} of them wrong")
    return 1 if problems or not todo else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[5:]))
