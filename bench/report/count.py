#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts what a run has measured: count.py RESULTS.json. The last line is "N passed, N failed, N skipped": figures, cells without
one that should have one, and cells whose library does not have what the row asks for, which are named."""
import sys

sys.dont_write_bytecode = True
import report  # noqa: E402


def cells(results):
    for t in results["tables"]:
        for row in t["rows"]:
            for c in t["columns"]:
                if row["cells"].get(c["id"], {}).get("why") == report.NO_PART:
                    continue
                yield f"{t['id']}/{row['id']}, {c['title']}", row["cells"].get(c["id"], {"why": "no cell"})


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    results = report.read(sys.argv[1])
    passed = failed = skipped = 0
    for name, cell in cells(results):
        if "median" in cell:
            passed += 1
            continue
        is_refused = cell.get("state") == "not offered"
        print(f"{'skipped' if is_refused else 'FAILED'}: {name}: {cell['why']}")
        skipped += is_refused
        failed += not is_refused
    if results["partial"] or passed == 0:
        print("FAILED: the run has not come to its end" if results["partial"] else "FAILED: nothing was measured")
        failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
