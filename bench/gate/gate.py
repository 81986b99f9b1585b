#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks what plugtls adds to the libraries against limits. Everything is counted and nothing is timed.

usage: gate.py [--explain] BUILD-FOLDER LIMITS JSON [BACKEND...]

Prints a table and writes the same as JSON. A row without a limit is only reported. With --explain the functions are named
that make the difference in each row that fails. The last line is "N passed, N failed, N skipped".
"""
import argparse
import json
import os
import platform
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from callgrind import Failed, Unsupported
from rows import Programs, Row, measure

NO_VALGRIND = "valgrind is not installed (package valgrind)"


def limit_of(settings, name, backend):
    most = settings["rows"][name].get("most")
    return most.get(backend) if isinstance(most, dict) else most


def verdict(row, limit):
    if isinstance(row.measured, str):
        return row.measured
    if limit is None:
        return "reported"
    return "ok" if row.measured <= limit else "FAILED"


def rows_of(backend, settings, started, has_valgrind):
    """The rows of one backend as they come; in place of a figure stands why there is none."""
    for version, rows, families, takes_valgrind in started:
        names = [name for name in settings["rows"] if name.startswith(families)]
        if takes_valgrind and not has_valgrind:
            yield from (Row(name, backend, version, "skipped") for name in names if limit_of(settings, name, backend) is not None)
            continue
        try:
            for name, measured, why in rows():
                yield Row(name, backend, version, measured, why)
        except Unsupported:
            pass  # a version that the library does not speak
        except (Failed, OSError, KeyError, StopIteration) as error:
            print(f"gate: {backend} {version}: {error or type(error).__name__}", file=sys.stderr)
            yield Row(names[0], backend, version, "FAILED")


def show(row, limit, says, is_explained):
    version = f"TLS {row.version}" if row.version else ""
    measured = "-" if isinstance(row.measured, str) else f"{row.measured:,.3f}".rstrip("0").rstrip(".")
    print(f"{row.name:26} {row.backend:8} {version:8} {measured:>12} {'' if limit is None else format(limit, ','):>8}  {says}",
          flush=True)
    if is_explained and says == "FAILED":
        for cost, name in row.why:
            print(f"    {cost:>10,}  {name[:150]}")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench --gate", description="Checks what plugtls adds to the TLS libraries.")
    parser.add_argument("build", type=Path, help="the build folder")
    parser.add_argument("limits", type=Path)
    parser.add_argument("json", type=Path, help="the file to write")
    parser.add_argument("backends", nargs="*", metavar="BACKEND", help="only these")
    parser.add_argument("--explain", action="store_true", help="name the functions behind each row that fails")
    return parser.parse_args()


def main():
    args = arguments()
    settings = json.loads(args.limits.read_text())
    built = sorted(path.name[len("plugtls-"):] for path in (args.build / "bench").glob("plugtls-*") if path.is_file())
    known = sorted(path.parent.name for path in (Path(__file__).parents[2] / "backends").glob("*/any.cpp"))
    wanted = args.backends or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"gate: no backend {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    try:
        args.json.open("a").close()
    except OSError as error:
        sys.exit(f"gate: cannot write {args.json}: {error.strerror}")
    has_valgrind = shutil.which("valgrind") is not None
    if not has_valgrind:
        print(f"gate: {NO_VALGRIND}: the rows that count instructions are skipped", file=sys.stderr)

    begin, written, counts = time.monotonic(), [], {"ok": 0, "FAILED": 0, "skipped": 0, "reported": 0}
    print(f"{'row':26} {'backend':8} {'version':8} {'measured':>12} {'limit':>8}")
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        started = {name: measure(Programs(pool, args.build, name, has_valgrind), args.build, settings)
                   for name in wanted if name in built}
        for backend in wanted:
            if backend not in started:
                print(f"gate: {backend}: not built, its library is not found: all its rows are skipped", file=sys.stderr)
                counts["skipped"] += sum(limit_of(settings, name, backend) is not None for name in settings["rows"])
                continue
            for row in rows_of(backend, settings, started[backend], has_valgrind):
                limit = limit_of(settings, row.name, backend)
                says = verdict(row, limit)
                counts[says] += 1
                show(row, limit, says, args.explain)
                written.append({"row": row.name, "backend": backend, "version": row.version, "measured": row.measured,
                                "limit": limit, "unit": settings["rows"][row.name]["unit"], "verdict": says, "why": row.why})
    report = {"machine": platform.processor() or platform.machine(), "system": platform.platform(),
              "seconds": round(time.monotonic() - begin), "rows": written, **counts}
    args.json.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{report['seconds']} s; written to {args.json}")
    print(f"{counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["FAILED"] else 0)


if __name__ == "__main__":
    main()
