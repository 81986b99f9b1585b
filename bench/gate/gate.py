#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks what plugtls adds to the libraries against limits. Everything is counted and nothing is timed.

usage: gate.py BUILD-FOLDER LIMITS JSON [--explain] [BACKEND...]

Prints a table and writes the same as JSON. A row has a goal; where that is not reached yet, "most" is what it must stay
below until then, for the library's series where it was measured with that. A row without a goal is only reported, but
fails above "most" if it has one. With --explain the functions are named that make the difference in each row that is
above its goal. The last line is "N passed, N failed, N skipped".
"""
import argparse
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from callgrind import Failed, Unsupported, run
from rows import Programs, Row, measure

NO_VALGRIND = "valgrind is not installed (package valgrind)"


ABOVE = "above its goal"


def limit_of(settings, name, backend, kind="goal", series=""):
    """A limit may be of one backend, or of one series of its library, as in "openssl 3.5"."""
    limit = settings["rows"][name].get(kind)
    return limit.get(f"{backend} {series}", limit.get(backend)) if isinstance(limit, dict) else limit


def verdict(row, goal, most, is_known):
    if isinstance(row.measured, str):
        return row.measured
    if goal is not None and row.measured <= goal:
        return "ok"
    if is_known and row.measured > (most if most is not None else goal if goal is not None else math.inf):
        return "FAILED"
    return "reported" if goal is None else ABOVE


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
        except (Failed, OSError, KeyError, subprocess.SubprocessError) as error:
            print(f"gate: {backend} {version}: {error or type(error).__name__}", file=sys.stderr)
            yield Row(names[0], backend, version, "FAILED")


def show(row, goal, says, is_explained):
    version = f"TLS {row.version}" if row.version else ""
    measured = "-" if isinstance(row.measured, str) else f"{row.measured:,.3f}".rstrip("0").rstrip(".")
    print(f"{row.name:26} {row.backend:8} {version:8} {measured:>12} {'' if goal is None else format(goal, ','):>8}  {says}",
          flush=True)
    if is_explained and says in ("FAILED", ABOVE):
        for cost, name in row.why:
            print(f"    {cost:>10,}  {name[:150]}")


def arguments():
    parser = argparse.ArgumentParser(prog="gate.py", usage="./dev bench --gate [--explain] [BACKEND...]", description="Checks what plugtls adds to the TLS libraries.")
    parser.add_argument("build", type=Path, help="the build folder")
    parser.add_argument("limits", type=Path)
    parser.add_argument("json", type=Path, help="the file to write")
    parser.add_argument("backends", nargs="*", metavar="BACKEND", help="only these")
    parser.add_argument("--explain", action="store_true", help="name the functions behind each row that is above its goal")
    return parser.parse_intermixed_args()


def look_around(args):
    """Which backends are wanted, and which of these are built; whether there is valgrind. Ends the program for bad input."""
    built = sorted(path.name[len("plugtls-"):] for path in (args.build / "bench").glob("plugtls-*") if path.is_file())
    known = sorted(path.parent.name for path in (Path(__file__).parents[2] / "backends").glob("*/any.cpp"))
    if unknown := set(args.backends) - set(known):
        print(f"gate: no backend {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    try:
        args.json.open("a").close()
    except OSError as error:
        sys.exit(f"gate: cannot write {args.json}: {error.strerror}")
    has_valgrind = shutil.which("valgrind") is not None
    if not has_valgrind:
        print(f"gate: {NO_VALGRIND}: the rows that count instructions are skipped", file=sys.stderr)
    return args.backends or known, built, has_valgrind


class Report:
    """What has been measured so far."""

    def __init__(self, settings, is_explained):
        self.settings, self.is_explained, self.begin = settings, is_explained, time.monotonic()
        self.rows, self.libraries = [], {}
        self.counts = {"ok": 0, ABOVE: 0, "FAILED": 0, "skipped": 0, "reported": 0}

    def add(self, row):
        series = self.series(row.backend)
        goal, most = (limit_of(self.settings, row.name, row.backend, kind, series) for kind in ("goal", "most"))
        says = verdict(row, goal, most, f"{row.backend} {series}" in self.settings["measured_with"])
        self.counts[says] += 1
        show(row, goal, says, self.is_explained)
        self.rows.append({"row": row.name, "backend": row.backend, "version": row.version, "measured": row.measured,
                          "goal": goal, "most": most, "unit": self.settings["rows"][row.name]["unit"], "verdict": says, "why": row.why})

    def series(self, backend):
        return re.sub(r"\D*(\d+\.\d+).*", r"\1", self.libraries[backend])

    def tell_unknown(self):
        for backend, library in self.libraries.items():
            if f"{backend} {self.series(backend)}" not in self.settings["measured_with"]:
                print(f"gate: {library}: no limits were measured with this series; rows above their goals do not fail",
                      file=sys.stderr)

    def skip(self, backend):
        print(f"gate: {backend}: not built, its library is not found: all its rows are skipped", file=sys.stderr)
        self.counts["skipped"] += sum(limit_of(self.settings, name, backend) is not None for name in self.settings["rows"])

    def write(self, path, is_partial):
        report = {"partial": is_partial, "machine": platform.machine(), "system": platform.platform(),
                  "libraries": self.libraries, "seconds": round(time.monotonic() - self.begin), **self.counts,
                  "rows": self.rows}
        path.write_text(json.dumps(report, indent=1) + "\n")
        print(f"{report['seconds']} s; {'what there was is' if is_partial else ''} written to {path}".replace("  ", " "))
        if self.counts[ABOVE]:
            print(f"{self.counts[ABOVE]} of those that passed are above their goals")
        print(f"{self.counts['ok'] + self.counts[ABOVE]} passed, {self.counts['FAILED']} failed, {self.counts['skipped']} skipped")


def main():
    args = arguments()
    settings = json.loads(args.limits.read_text())
    wanted, built, has_valgrind = look_around(args)
    report = Report(settings, args.explain)
    is_partial = False
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        report.libraries = {name: " ".join(run([args.build / "bench" / f"plugtls-{name}", "library"])[0])
                            for name in wanted if name in built}
        print(", ".join(report.libraries.values()))
        report.tell_unknown()
        print(f"{'row':26} {'backend':8} {'version':8} {'measured':>12} {'goal':>8}")
        started = {name: measure(Programs(pool, args.build, name, has_valgrind), args.build, settings)
                   for name in report.libraries}
        for backend in wanted:
            if backend not in started:
                report.skip(backend)
                continue
            for row in rows_of(backend, settings, started[backend], has_valgrind):
                report.add(row)
    except KeyboardInterrupt:
        is_partial = True
        print("gate: interrupted", file=sys.stderr)
    pool.shutdown(cancel_futures=True)
    report.write(args.json, is_partial)
    sys.exit(130 if is_partial else 1 if report.counts["FAILED"] else 0)


if __name__ == "__main__":
    main()
