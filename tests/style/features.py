#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Holds docs/features.md to what is there.

    features.py ROOT [PROGRAM]    prints each thing that is not so; exit status 1 when there is one
    features.py --self-test       checks that each kind of mistake is found

A row is `| feature | OpenSSL | mbedTLS | wolfSSL | shown by |`: a cell says yes, no, or the version from which on it is
there, `before 3.6` or `not 5.7`; the last one names tests in quotation marks, by the beginning of their names, and files and commands in backticks.
Every capability has a row, with a test in whose file it is asked for; its cells must be what the program says of the
libraries that it is built with."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

BACKENDS = ("openssl", "mbedtls", "wolfssl")
CAPABILITY = re.compile(r"^\s*case capability::(\w+):", re.MULTILINE)
TEST_CASE = re.compile(r'TEST_CASE(?:_METHOD)?\(\s*(?:\w+,\s*)?((?:"(?:\\.|[^"\\])*"\s*)+)')
CELL = re.compile(r"^(?:yes|no|(?P<how>before |not )?(?P<version>\d+(?:\.\d+)+))$")


def test_names(root):
    for path in sorted((root / "tests").rglob("*.cpp")) + sorted((root / "backends").glob("*/tests/*.cpp")):
        for match in TEST_CASE.finditer(path.read_text(encoding="utf-8")):
            yield "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match[1])), path


def rows(text):
    for number, line in enumerate(text.splitlines(), 1):
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and not set(line) <= set("|-: ") and cells[1] != "OpenSSL":
            yield number, cells


def is_there(cell, version):
    match = CELL.match(cell)
    if not match or not match["version"]:
        return cell == "yes"
    here, told = ([int(n) for n in v.split(".")] for v in (version, match["version"]))
    if match["how"] == "not ":
        return here[:len(told)] != told
    return here < told if match["how"] else here >= told


def check(root, declared):
    """`declared`: for each backend its version and its capabilities, as far as it is built."""
    wrong = []
    tests = list(test_names(root))
    capabilities = CAPABILITY.findall((root / "include/plugtls/capability.hpp").read_text(encoding="utf-8"))
    text = (root / "docs/features.md").read_text(encoding="utf-8")
    shown = {}
    for number, cells in rows(text):
        where = f"docs/features.md:{number}"
        for backend, cell in zip(BACKENDS, cells[1:4]):
            if not CELL.match(cell):
                wrong.append(f"{where}: {backend}: '{cell}' is neither yes, no nor a version")
        proof = cells[4]
        if not re.search(r'"[^"]+"|`[^`]+`', proof):
            wrong.append(f"{where}: nothing shows it")
        for name in re.findall(r'"([^"]+)"', proof):
            if not any(test.startswith(name) for test, _ in tests):
                wrong.append(f'{where}: no test is called "{name}"')
        for path in re.findall(r"`([\w/.-]+/[\w/.-]+)`", proof):
            if not path.startswith("./dev") and not (root / path).exists():
                wrong.append(f"{where}: {path} is not there")
        for name in re.findall(r"`(\w+)`", cells[0]):
            if name in capabilities:
                shown[name] = (where, cells)
    for name in capabilities:
        if name not in shown:
            wrong.append(f"docs/features.md: no row for the capability `{name}`")
            continue
        where, cells = shown[name]
        asks = re.compile(rf"capability::{name}\b")
        files = {path for start in re.findall(r'"([^"]+)"', cells[4]) for test, path in tests if test.startswith(start)}
        if not any(asks.search(path.read_text(encoding="utf-8")) for path in files):
            wrong.append(f"{where}: no test that is named here asks for capability::{name}")
        for backend, cell in zip(BACKENDS, cells[1:4]):
            if backend in declared:
                version, has = declared[backend]
                if is_there(cell, version) != has[name]:
                    wrong.append(f"{where}: {backend} {version} {'declares' if has[name] else 'does not declare'} {name}")
    return wrong


def ask(program):
    answer = json.loads(subprocess.run([program, "backends", "--json"], capture_output=True, check=True).stdout)
    return {b["name"]: (re.search(r"\d+(\.\d+)+", b["library"])[0], b["capabilities"]) for b in answer["backends"]}


def self_test():
    def found(row, test='TEST_CASE("rule 12: one thing") { capability::one; }', version="3.0", has=True):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("include/plugtls", "docs", "tests/x", "backends"):
                (root / name).mkdir(parents=True)
            (root / "include/plugtls/capability.hpp").write_text('    case capability::one: return "one";\n', encoding="utf-8")
            (root / "docs/features.md").write_text("| f | OpenSSL | mbedTLS | wolfSSL | shown by |\n|---|---|---|---|---|\n" + row,
                                                   encoding="utf-8")
            (root / "tests/x/a.cpp").write_text(test, encoding="utf-8")
            return check(root, {"openssl": (version, {"one": has})})

    good = '| One (`one`) | yes | no | 5.7 | "rule 12: one" |'
    assert found(good) == [], found(good)
    for cell in ("3.0", "before 3.5", "not 3.5"):
        assert found(good.replace("yes", cell)) == []
    for row in ("", good.replace("yes", "perhaps"), good.replace("yes", "no"), good.replace("yes", "3.1"),
                good.replace("yes", "before 3.0"), good.replace("yes", "not 3.0"),
                good.replace('"rule 12: one"', '"rule 13"'), good.replace('"rule 12: one"', "see there"),
                good.replace('"rule 12: one"', "`tests/nowhere.py`")):
        assert found(row), row
    assert found(good, test="")
    assert found(good, test='TEST_CASE("rule 12: one thing") {}')
    assert found(good, has=False)


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    wrong = check(pathlib.Path(sys.argv[1]), ask(sys.argv[2]) if len(sys.argv) > 2 else {})
    print("\n".join(wrong) or "docs/features.md says what is so")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
