# SPDX-License-Identifier: BSL-1.0
"""Runs a program of bench/ under callgrind, and reads what it counted."""
import os
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

# The heap is never given back to the system: whether a block is the last one on it is chance.
ENVIRONMENT = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=268435456"}
NAME = re.compile(r"^(c?fn)=\((\d+)\)(?: (.*))?$")
COST = re.compile(r"^[+\-*\d]\S* (\d+)$")


class Unsupported(Exception):
    """The library does not have what the workload needs."""


class Failed(Exception):
    """A program failed, or did not say what it should."""


class Part:
    """What was counted in one workload: instructions of each function, and how often each was called."""

    def __init__(self, text):
        self.own, self.calls = Counter(), Counter()
        names, inside, called, is_call = {}, "", "", False
        for line in text.splitlines():
            if match := NAME.match(line):
                kind, number, name = match.groups()
                names.setdefault(number, name)
                inside, called = (names[number], called) if kind == "fn" else (inside, names[number])
            elif line.startswith("calls="):
                self.calls[called] += int(line[6:].split()[0])
                is_call = True
            elif match := COST.match(line):
                if not is_call:  # what a call costs is counted where it was spent
                    self.own[inside] += int(match[1])
                is_call = False
        self.total = sum(self.own.values())


def run(command):
    """The last words of each line that a program prints, by the first."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400, env=ENVIRONMENT)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {done.stderr.strip()[-300:] or 'exit status ' + str(done.returncode)}")
    if done.stdout.strip() == "unsupported":
        raise Unsupported
    return [line.split() for line in done.stdout.splitlines()]


def profile(command):
    """The workloads that a program counts: (name, how many operations, Part) each, and what else it prints."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        lines = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=bench_counted",
                     "--dump-after=bench_workload_done", *command])
        done = [line for line in lines if line[0] == "workload"]
        parts = [Part(Path(f"{out}.{i + 1}").read_text()) for i in range(len(done))]
    if not parts or all(part.total == 0 for part in parts):
        raise Failed(f"{' '.join(map(str, command))}: callgrind has counted nothing")
    told = {line[0]: line[1] for line in lines if line[0] != "workload"}
    return [(name, int(count), part) for (_, name, count), part in zip(done, parts)], told


def per_operation(workloads, name):
    """Instructions of one operation, by the difference between many and few of them; and each function's share."""
    runs = sorted(((count, part) for found, count, part in workloads if found == name), key=lambda run: run[0])
    if len(runs) != 2:
        raise Failed(f"workload {name} was not counted twice")
    (few, before), (many, after) = runs
    shares = {function: (after.own[function] - before.own[function]) / (many - few) for function in after.own}
    return (after.total - before.total) / (many - few), shares
