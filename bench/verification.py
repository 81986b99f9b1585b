#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts what plugtls's own part of verification costs in a client's full handshake, with callgrind.

usage: verification.py NAME HANDSHAKE-PROGRAM

Own part: all that runs inside the adapter's chain check, which asks the neutral policy; for a chain that is new, with what the
library does when it is asked there. With a context that has seen the chain before, it adds at most 2 allocations for each
certificate of the path (3) and less than 5 % of the instructions: else this fails.
"""
import re
import shutil
import subprocess
import sys
import tempfile

COUNT = 10
CERTIFICATES = 3
OWN = re.compile(r"^\s*([\d,]+) \(.*plugtls::\w+::(?:chain_check::(?:run|judge)|connection::look_at)\(")


def measure(program, mode):
    """Instructions of the client, those of the own part (0 where there is none), and allocations, each of one handshake."""
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", "--toggle-collect=bench_client",
                              program, mode, str(COUNT)], capture_output=True, text=True, check=False)
        found = re.search(r"Collected : (\d+)", run.stderr)
        if run.returncode != 0 or not found:
            sys.exit(f"{program} {mode} failed under callgrind:\n{run.stderr}")
        lines = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out.name], capture_output=True, text=True,
                               check=True).stdout.splitlines()
    own = [int(m[1].replace(",", "")) for m in map(OWN.match, lines) if m]
    return int(found[1]) / COUNT, max(own, default=0) / COUNT, float(run.stdout.split()[1])


def main():
    name, program = sys.argv[1:3]
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed (package valgrind)")
    unverified, _, base = measure(program, "unverified")
    print(f"{'backend':10} {'chain':12} {'handshake':>12} {'own part':>10} {'share':>7} {'allocations':>12}")
    print(f"{name:10} {'unverified':12} {unverified:12.0f}")
    for mode in ("new", "seen"):
        total, own, allocations = measure(program, mode)
        share, added = own / total, allocations - base
        print(f"{name:10} {mode:12} {total:12.0f} {own:10.0f} {share:7.2%} {added:12.1f}")
    if own == 0:
        sys.exit("the chain check was not found in callgrind's profile")
    if share >= 0.05 or added > 2 * CERTIFICATES:
        sys.exit("the own part of verifying a chain that was seen before costs too much")


if __name__ == "__main__":
    main()
