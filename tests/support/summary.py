#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sums a run of `meson test`: summary.py TESTLOG.JSON. Test cases of Catch2 programs count one each, scripts count one.
Or several: summary.py --matrix FOLDER ROW..., where FOLDER has ROW.json (the log) and ROW.backends (what `plugtls backends
--json` says) of each row; a row without has not run, and counts as one failure. One with ROW.unavailable could not be had:
it counts as skipped, and the exit status is 3, unless something failed.

A test case that printed "SKIPPED: <test> needs capability <name> on <backend>" counts as skipped. Any other kind of skip
is one that nobody expected, and counts as failed. Lines "PEER: ..." tell what was done with a program of others."""
import json
import pathlib
import re
import sys

SKIP = re.compile(r"^SKIPPED: (?P<test>.+) needs capability (?P<capability>\S+) on (?P<backend>\S+)$")
ALL_PASSED = re.compile(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", re.MULTILINE)
TOTALS = re.compile(r"^test cases: +(\d+) *\|(.*)$", re.MULTILINE)
RUNNING = "running test cases"
FAILED_PARTS = ("failed", "skipped")


def catch_totals(output):
    """Returns (passed, failed) of a Catch2 console report, or None where there is none."""
    match = ALL_PASSED.search(output)
    if match:
        return int(match[1]), 0
    match = TOTALS.search(output)
    if not match:
        return None
    failed = sum(int(number) for number, what in re.findall(r"(\d+) (failed as expected|failed|skipped)", match[2])
                 if what in FAILED_PARTS)
    return int(match[1]) - failed, failed


def count(result):
    """Returns (passed, failed, skip lines, notes) of one entry of the log."""
    output = result.get("stdout") or ""
    name, notes = result["name"], []
    skips, skipped_tests = [], set()
    unexpected = 0
    for line in output.splitlines():
        if not line.startswith("SKIPPED:"):
            continue
        match = SKIP.match(line)
        if match:
            skips.append(line)
            skipped_tests.add(match["test"])
        else:
            unexpected += 1
            notes.append(f"{name}: a skip that names no capability: {line}")
    totals = catch_totals(output)
    good = result["result"] in ("OK", "EXPECTEDFAIL") or (result["result"] == "SKIP" and skips)
    if totals is None and RUNNING in output.splitlines():
        notes.append(f"{name}: ended without a report ({result['result']})")
        return 0, 1, skips, notes
    if totals is None:
        if good and not unexpected:
            return (0, 0, skips, notes) if result["result"] == "SKIP" else (1, 0, skips, notes)
        notes.append(f"{name}: {result['result']}")
        return 0, 1, skips, notes
    passed, failed = totals
    if not good and not failed:
        failed = 1
    if failed:
        notes.append(f"{name}: {failed} failed ({result['result']})")
    return max(0, passed - len(skipped_tests)), failed + unexpected, skips, notes


def results(log):
    """Yields (the entry, count(...)) of each entry."""
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            result = json.loads(line)
            yield result, count(result)


def main(log):
    passed = failed = 0
    all_skips, peers = set(), []
    for result, counts in results(log):
        passed += counts[0]
        failed += counts[1]
        # A script that skipped a part of itself has still run: only whole test cases are skips.
        all_skips.update(counts[2])
        peers += [text for text in (result.get("stdout") or "").splitlines() if text.startswith("PEER: ")]
        for note in counts[3]:
            print(f"FAILED: {note}")
    for line in sorted(all_skips) + peers:
        print(line)
    print(f"{passed} passed, {failed} failed, {len(all_skips)} skipped")
    return 1 if failed or not passed else 0


ALL = "(shared)"  # tests that hold several backends, or none


def by_backend(log, backends):
    """Returns {backend or ALL: [passed, failed, skipped]}, the skips and the notes of one log."""
    table = {name: [0, 0, 0] for name in [*backends, ALL]}
    skips, notes = set(), []
    for result, counts in results(log):
        row = table[next((b for b in backends if b in re.split(r"\W+", result["name"])), ALL)]
        row[0] += counts[0]
        row[1] += counts[1]
        skips.update(counts[2])
        notes += counts[3]
    for line in skips:
        table[SKIP.match(line)["backend"]][2] += 1
    return table, sorted(skips), notes


def matrix(folder, *rows):
    lines, remarks = [("suite", "backend", "library", "passed", "failed", "skipped")], []
    total = [0, 0, 0]
    unavailable = [row for row in rows if (pathlib.Path(folder) / f"{row}.unavailable").exists()]
    for row in unavailable:
        lines.append((row, ALL, "NOT RUN", 0, 0, 1))
        total[2] += 1
    for row in rows:
        if row in unavailable:
            continue
        try:
            known = json.loads((pathlib.Path(folder) / f"{row}.backends").read_text(encoding="utf-8"))["backends"]
            libraries = {backend["name"]: backend["library"] for backend in known}
            table, skips, notes = by_backend(pathlib.Path(folder) / f"{row}.json", libraries)
        except (OSError, ValueError) as error:
            libraries, table, skips, notes = {}, {ALL: [0, 1, 0]}, [], [f"not run, or not to its end ({error})"]
        for name, counts in table.items():
            lines.append((row, name, libraries.get(name, ""), *counts))
            total = [a + b for a, b in zip(total, counts)]
        remarks += [f"{row}: {line}" for line in skips] + [f"{row}: FAILED: {note}" for note in notes]
    widths = [max(len(str(line[i])) for line in lines) for i in range(6)]
    print("\n".join(remarks))
    for line in lines:
        print("  ".join(str(cell).ljust(w) if i < 3 else str(cell).rjust(w) for i, (cell, w) in enumerate(zip(line, widths))))
    print("{} passed, {} failed, {} skipped".format(*total))
    if total[1] or not (total[0] or unavailable):
        return 1
    return 3 if unavailable else 0


def self_test():
    run = RUNNING + "\n"
    skip = "SKIPPED: a case needs capability tls13 on some\n"
    known = [  # result, output, (passed, failed, skipped)
        ("OK", "", (1, 0, 0)),
        ("FAIL", "", (0, 1, 0)),
        ("TIMEOUT", "", (0, 1, 0)),
        ("SKIP", "", (0, 1, 0)),
        ("SKIP", skip, (0, 0, 1)),
        ("OK", run, (0, 1, 0)),
        ("OK", run + "All tests passed (9 assertions in 4 test cases)\n", (4, 0, 0)),
        ("OK", run + "All tests passed (1 assertion in 1 test case)\n", (1, 0, 0)),
        ("OK", run + skip + skip + "All tests passed (9 assertions in 4 test cases)\n", (3, 0, 1)),
        ("OK", run + "SKIPPED: no reason\nAll tests passed (9 assertions in 4 test cases)\n", (4, 1, 0)),
        ("FAIL", run + "test cases: 9 | 7 passed | 2 failed\nassertions: 9 | 7 passed | 2 failed\n", (7, 2, 0)),
        ("FAIL", run + "test cases:  9 |  6 passed | 1 skipped | 2 failed\n", (6, 3, 0)),
        ("FAIL", run + "test cases: 1 | 1 failed\n", (0, 1, 0)),
        ("FAIL", run + "All tests passed (9 assertions in 4 test cases)\nAddressSanitizer: leak\n", (4, 1, 0)),
        ("OK", run + "No tests ran\n", (0, 1, 0)),
    ]
    wrong = 0
    for outcome, output, expected in known:
        passed, failed, skips, _ = count({"name": "x", "result": outcome, "stdout": output})
        if (passed, failed, len(set(skips))) != expected:
            print(f"{outcome} {output!r} counts as {passed, failed, len(set(skips))}, not as {expected}")
            wrong += 1
    return wrong


if __name__ == "__main__":
    ways = {"--self-test": self_test, "--matrix": matrix}
    sys.exit(ways[sys.argv[1]](*sys.argv[2:]) if sys.argv[1] in ways else main(sys.argv[1]))
