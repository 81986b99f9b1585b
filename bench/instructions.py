#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions that plugtls adds to the bare library's read and write, with callgrind.

usage: instructions.py LIMIT NAME PLUGTLS-PROGRAM RAW-PROGRAM

Each figure is the difference of two runs of the same program that differ in their number of operations, so that start, handshake
and end cancel out. Instructions repeat from run to run; time does not. Fails when a write and a read together add more than
LIMIT instructions.
"""
import re
import shutil
import subprocess
import sys

FEW, MANY = 200, 600


def instructions(program, workload, count, size):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, workload, str(count), str(size)],
        capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"{program} {workload} failed under callgrind:\n{run.stderr}")
    return int(found[1])


def per_operation(program, workload, size):
    few, many = (instructions(program, workload, n, size) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main():
    limit, name, ours, raw = int(sys.argv[1]), *sys.argv[2:5]
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed (package valgrind)")
    print(f"{'backend':10} {'operation':22} {'bare':>10} {'plugtls':>10} {'added':>8}")
    worst = 0
    rows = (("round", 64, "write + read 64 B"), ("round", 16384, "write + read 16 KiB"), ("blocked", 64, "read that would block"))
    for workload, size, label in rows:
        bare, with_us = per_operation(raw, workload, size), per_operation(ours, workload, size)
        print(f"{name:10} {label:22} {bare:10.0f} {with_us:10.0f} {with_us - bare:8.1f}")
        if workload == "round":
            worst = max(worst, with_us - bare)
    if worst > limit:
        sys.exit(f"a write and a read add {worst:.0f} instructions; the limit is {limit}")


if __name__ == "__main__":
    main()
