#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions that plugtls adds to the bare library's read and write, with callgrind.

usage: instructions.py LIMIT NAME PLUGTLS-PROGRAM RAW-PROGRAM

Only the function bench_loop of each program is counted: what comes before, the handshake above all, draws random numbers and differs
from run to run. Inside the loop instructions repeat; time does not. The heap is never given back to the system there: whether a block
is the last one on it is chance. Fails when a write and a read together add more than LIMIT instructions.
"""
import os
import re
import shutil
import subprocess
import sys

COUNT = 400


def per_operation(program, workload, size):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=bench_loop", program, workload,
         str(COUNT), str(size)],
        capture_output=True, text=True, check=False, env=os.environ | {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=268435456"})
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"{program} {workload} failed under callgrind:\n{run.stderr}")
    return int(found[1]) / COUNT


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
