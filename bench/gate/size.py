# SPDX-License-Identifier: BSL-1.0
"""What plugtls adds to a program before it runs: preprocessed lines, and text."""
import json
import re
import shlex
import subprocess
from pathlib import Path


def output_of(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout


def preprocessor(build, backend):
    """The command that compiles include.cpp for a backend, without what it compiles to."""
    commands = json.loads((build / "compile_commands.json").read_text())
    entry = next(e for e in commands if f"include-{backend}.p/" in e["output"])
    words = shlex.split(entry["command"])
    kept = [word for i, word in enumerate(words) if word not in ("-c", "-o", "-MD", "-MQ", "-MF")
            and (i == 0 or words[i - 1] not in ("-o", "-MQ", "-MF"))]
    return kept, entry["directory"]


def lines(build, backend):
    """Lines that are left of include.cpp and all that it includes, blank ones not counted."""
    command, folder = preprocessor(build, backend)
    return sum(1 for line in output_of([*command, "-E", "-P"], cwd=folder).splitlines() if line.strip())


def costly_headers(build, backend, costly):
    """Those of the costly standard headers that are included."""
    command, folder = preprocessor(build, backend)
    included = {Path(word).name for word in output_of([*command, "-M"], cwd=folder).split() if "/c++/" in word}
    return sorted(set(costly) & included)


def text(program):
    """Bytes of code and constants of a program."""
    return int(output_of(["size", program]).splitlines()[1].split()[0])


def text_of(program, owners):
    """Bytes of the functions whose names match one of the patterns, {name: size}."""
    pattern = re.compile("|".join(owners))
    found = {}
    for line in output_of(["nm", "-S", "-C", "--defined-only", program]).splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[2] in "tTwWuV" and pattern.match(words[3]):
            found[words[3]] = found.get(words[3], 0) + int(words[1], 16)
    return found
