# SPDX-License-Identifier: BSL-1.0
"""What plugtls adds to a program before it runs: preprocessed lines, and text."""
import json
import re
import shlex
import subprocess
from collections import Counter
from pathlib import Path


def output_of(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout


def preprocessor(build, backend):
    """The command that compiles include.cpp for a backend, without what it compiles to."""
    commands = json.loads((build / "compile_commands.json").read_text())
    entry = next((e for e in commands if f"/libinclude-{backend}." in e["output"]), None)
    if entry is None:
        raise FileNotFoundError(f"{build}/compile_commands.json does not tell how include.cpp is compiled for {backend}")
    words = shlex.split(entry["command"])
    kept = [word for i, word in enumerate(words) if word not in ("-c", "-o", "-MD", "-MQ", "-MF")
            and (i == 0 or words[i - 1] not in ("-o", "-MQ", "-MF"))]
    return kept, entry["directory"]


def lines(build, backend):
    """Lines that are left of include.cpp and all that it includes, blank ones not counted, by the file they come from."""
    command, folder = preprocessor(build, backend)
    found, origin = Counter(), ""
    for line in output_of([*command, "-E"], cwd=folder).splitlines():
        if match := re.match(r'# \d+ "([^"]*)"', line):
            origin = match[1]
        elif line.strip():
            found[origin] += 1
    return found


def costly_headers(build, backend, costly):
    """Those of the costly standard headers that are included."""
    command, folder = preprocessor(build, backend)
    included = {Path(word).name for word in output_of([*command, "-M"], cwd=folder).split() if "/c++/" in word}
    return sorted(set(costly) & included)


def text(program):
    """Bytes of code and constants of a program."""
    return int(output_of(["size", program]).splitlines()[1].split()[0])


def functions(program):
    """Bytes of each function of a program, by its whole name. Two names of one function count once."""
    found, seen = Counter(), set()
    for line in output_of(["nm", "-S", "-C", "--defined-only", program]).splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[2] in "tTwWuV" and words[0] not in seen:
            seen.add(words[0])
            found[words[3]] += int(words[1], 16)
    return found


def of_owners(found, patterns):
    """Those whose names match one of the patterns."""
    pattern = re.compile("|".join(patterns))
    return Counter({name: size for name, size in found.items() if pattern.match(name)})


def written_in(program, headers):
    """The same of those functions that are written in these headers of plugtls's; the program tells lines."""
    found, seen = Counter(), set()
    for line in output_of(["nm", "-S", "-C", "-l", "--defined-only", program]).splitlines():
        match = re.match(r"(\S+) (\S+) [tTwWuV] (.*)\t.*/plugtls/(\S+):\d+$", line)
        if match and match[4] in headers and match[1] not in seen:
            seen.add(match[1])
            found[match[3]] += int(match[2], 16)
    if not found:
        raise FileNotFoundError(f"{program} does not tell where its functions are written")
    return found


def by_owner(found):
    """Bytes of plugtls's classes and free functions, and of what they have the standard library instantiate."""
    owners = Counter()
    for name, size in found.items():
        match = re.search(r"plugtls::(?:detail::|(?!errc)\w+::(?=\w+::))?\w+", name)
        owners[match[0] if match and not name.startswith("std::") else re.sub(r"<.*", "", name)] += size
    return owners
