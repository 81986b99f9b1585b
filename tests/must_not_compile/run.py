#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Code that must not compile, with the message that the user must see: run.py FILE -- COMPILER [FLAG...]. The file's lines
`// expect: TEXT` give parts of the message, all of which must be there; a file without any must compile."""
import pathlib
import subprocess
import sys


def main(file, command):
    expected = [line.split("expect:", 1)[1].strip() for line in pathlib.Path(file).read_text().splitlines()
                if line.startswith("// expect:")]
    result = subprocess.run([*command, "-fsyntax-only", file], capture_output=True, text=True)
    problems = []
    if expected and result.returncode == 0:
        problems.append("it compiles")
    if not expected and result.returncode != 0:
        problems.append("the control does not compile")
    problems += [f"the message lacks: {text}" for text in expected if text not in result.stderr]
    if problems:
        print("\n".join(problems), result.stderr, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[3:]))
