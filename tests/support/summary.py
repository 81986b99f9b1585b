#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sums a run of `meson test`: summary.py TESTLOG.JSON. Test cases of Catch2 programs count one each, scripts count one.

A test case that printed "SKIPPED: <test> needs capability <name> on <backend>" counts as skipped. Any other kind of skip
is one that nobody expected, and counts as failed."""
import json
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


def main(log):
    passed = failed = skipped = 0
    all_skips = []
    for line in open(log, encoding="utf-8", errors="replace"):
        result = json.loads(line)
        counts = count(result)
        passed += counts[0]
        failed += counts[1]
        # A script that skipped a part of itself has still run: only whole test cases are skips.
        all_skips += counts[2]
        for note in counts[3]:
            print(f"FAILED: {note}")
    for line in sorted(set(all_skips)):
        print(line)
    skipped = len(set(all_skips))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


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
    sys.exit(self_test() if sys.argv[1] == "--self-test" else main(sys.argv[1]))
