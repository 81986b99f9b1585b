#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks the report on results that were made up, and what ./dev bench says to bad input."""
import copy
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import findings  # noqa: E402
import report  # noqa: E402
from text import figure  # noqa: E402


def cell(median, spread=0.01, rounds=31, **more):
    return {"median": median, "q1": median * (1 - spread), "q3": median * (1 + spread), "rounds": rounds, "per_round": 3, **more}


def ratio(x):
    return {"ratio": {"median": x, "q1": x - 0.01, "q3": x + 0.01}}


def row(name, title, unit, **cells):
    return {"id": name, "title": title, "unit": unit, "cells": cells}


def module(name, library, aes="yes", prefix=""):
    return {"id": name, "backend": name, "library": library, "prefix": prefix, "files": [f"/lib/{name}.so"], "file_bytes": 1,
            "facts": {"assembly": "yes", "AES instructions": aes}}


def column(name, module_id=None):
    return {"id": name, "title": name, "module": module_id or name}


def table(kind, unit, columns, *rows):
    return {"id": kind, "kind": kind, "title": f"The {kind}", "note": "A note.", "unit": unit, "columns": columns, "rows": list(rows)}


MISSING = {"state": "not offered", "why": "no TLSv1.3 in Two <2.0>"}
LIBRARIES = [column("one"), column("two"), {"id": "again", "title": "A/A", "module": ""}]
RESULTS = {
    "plugtls_bench": 1, "partial": False, "quick": False, "filter": "", "rounds": 31, "round_seconds": 0.005, "seconds": 9.0,
    "machine": {"processor": "A <fast> one", "architecture": "x86_64", "cores": 2, "memory": "1 kB", "system": "Debian",
                "kernel": "6.1", "compiler": "gcc 12 -O2", "aes_instructions": True, "share_of_a_core": 0.99},
    "modules": [module("one", "One 1.0"), module("two", "Two <2.0>", aes="no", prefix="/opt/two"), module("peers-one", "One 1.0")],
    "sizes": {"one": {"program": 4321, "libraries": 1}, "two": {"program": 4322, "libraries": 2}},
    "tables": [
        table("memory", "bytes", LIBRARIES[:2], row("idle_12", "idle", "bytes", one=cell(5000, 0, 1), two=cell(1250, 0, 1))),
        table("handshakes", "per second", LIBRARIES, row("hs_full_12_p256_x25519", "full", "per second", one=cell(1000),
                                                         two=cell(4321), again=cell(1001, **ratio(0.99)) | {"again": "one"}),
              row("hs_resumed_13", "resumed", "per second", one=cell(8000), two=MISSING, again=cell(8000, **ratio(1)) | {"again": "one"}),
              row("hs_full_13_p256_x25519", "newer", "per second", one=MISSING, two=cell(77),
                  again=cell(78, **ratio(1)) | {"again": "two"})),
        table("bulk", "MB/s", LIBRARIES, row("bulk_12_16k_aes128gcm", "bulk", "MB/s", one=cell(2000, 0.05), two=cell(1950, 0.05))),
        table("primitives", "per second", LIBRARIES, *(
            row(n, n, "per second", one=cell(4000), two=cell(4000))
            for n in ("keygen_x25519", "derive_x25519", "sign_p256", "verify_p256")),
            row("seal_aes128gcm_16k", "seal", "MB/s", one=cell(5000), two=cell(70))),
        table("raw", "us", [column("plugtls", "one"), column("raw naive", "one"), {"id": "again", "title": "A/A", "module": ""}],
              row("pingpong_64", "64 B", "us", **{"plugtls": cell(7.5), "raw naive": cell(9.1, **ratio(1.21)),
                                                  "again": cell(7.6, **ratio(1.01)) | {"again": "plugtls"}}),
              row("hs_full", "full", "us", **{"plugtls": MISSING, "raw naive": cell(900), "again": cell(901, **ratio(1.55)) | {
                  "again": "raw naive"}})),
        table("contexts", "us", LIBRARIES[:2], row("first", "the first", "us", one=cell(20000), two=MISSING),
              row("second", "the second", "us", one=cell(101.5), two=MISSING)),
    ]}


class Report(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def make(self, results):
        file = self.folder / "results.json"
        file.write_text(results if isinstance(results, str) else json.dumps(results), encoding="utf-8")
        return subprocess.run([sys.executable, HERE / "report.py", file, self.folder], capture_output=True, text=True, check=False)

    def page(self, **changes):
        made = self.make(copy.deepcopy(RESULTS) | changes)
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        return (self.folder / "report.html").read_text(encoding="utf-8")

    def test_all_figures_are_there(self):
        text = self.page()
        with open(self.folder / "results.csv", newline="", encoding="utf-8") as file:
            lines = {(line["table"], line["row"], line["column"]): line for line in csv.DictReader(file)}
        for t in RESULTS["tables"]:
            for r in t["rows"]:
                for c in t["columns"]:
                    known = r["cells"].get(c["id"], {})
                    if "median" in known:
                        self.assertEqual(float(lines[t["id"], r["id"], c["id"]]["median"]), known["median"])
                        self.assertTrue(c["id"] == "again" or figure(known["median"]) in text, known)
        self.assertEqual(lines["handshakes", "hs_resumed_13", "two"]["why"], MISSING["why"])
        self.assertEqual(lines["handshakes", "hs_resumed_13", "again"]["library"], "One 1.0")
        self.assertEqual(lines["handshakes", "hs_full_13_p256_x25519", "again"]["library"], "Two <2.0>")
        self.assertIn("×1.21 [1.20 to 1.22]", text)
        self.assertIn("×0.99 [0.98 to 1.00]", text)

    def test_nothing_is_loaded_and_nothing_is_markup(self):
        text = self.page()
        for word in ("http:", "https:", "src=", "@import", "url(", "<fast>", "<2.0>"):
            self.assertNotIn(word, text)
        self.assertIn("no TLSv1.3 in Two &lt;2.0&gt;", text)

    def test_findings(self):
        cards = {card["question"]: card for card in findings.cards(RESULTS)}
        self.assertEqual(cards["Many short connections"]["answer"], "Two <2.0> (/opt/two)")
        self.assertIn("The next, One 1.0, does 23 % of that", cards["Many short connections"]["said"])
        self.assertEqual(cards["Bulk data"]["answer"], "One 1.0 and Two <2.0> (/opt/two)")  # the quartiles overlap
        self.assertEqual(cards["Clients that come back"]["answer"], "One 1.0")
        self.assertIn("The next, One 1.0, takes 4.0 times as much", cards["Small memory for idle connections"]["said"])
        self.assertEqual(cards["Bulk data"]["figures"], [("one", "One 1.0", 2000), ("two", "Two <2.0> (/opt/two)", 1950)])
        self.assertEqual(findings.bound(RESULTS, RESULTS["modules"][0])[0][:2], (4000 / 6, 1000))

    def test_targets(self):
        self.page()
        found = json.loads((self.folder / "targets.json").read_text(encoding="utf-8"))
        self.assertEqual([(f["what"], f["against"], f["library"]) for f in found], [
            ("64 B both ways, TCP", "raw naive", "One 1.0"), ("second context on the system's trust store", "the first", "One 1.0")])
        self.assertEqual((found[0]["ratio"]["median"], found[0]["again"]["q3"]), (1.21, 1.02))
        self.assertEqual((found[1]["us"]["median"], found[1]["us_of_first"]), (101.5, 20000))

    def test_counting(self):
        def count(**changes):
            file = self.folder / "results.json"
            file.write_text(json.dumps(copy.deepcopy(RESULTS) | changes), encoding="utf-8")
            done = subprocess.run([sys.executable, HERE / "count.py", file], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout
        whole = [t for t in RESULTS["tables"] if t["kind"] in ("memory", "handshakes", "raw", "contexts")]
        status, said = count(tables=whole)
        self.assertEqual((status, said.splitlines()[-1]), (0, "16 passed, 0 failed, 5 skipped"))
        self.assertIn("skipped: handshakes/hs_resumed_13, two: no TLSv1.3", said)
        broken = table("bulk", "MB/s", LIBRARIES[:2], row("a", "a", "MB/s", one={"state": "failed", "why": "OpenSSL failed"}))
        status, said = count(tables=[*whole, broken])
        self.assertEqual((status, said.splitlines()[-1]), (1, "16 passed, 2 failed, 5 skipped"))
        self.assertIn("FAILED: bulk/a, one: OpenSSL failed", said)
        self.assertEqual(count(tables=whole, partial=True)[0], 1)
        self.assertIn("nothing was measured", count(tables=[])[1])

    def test_slow_builds(self):
        self.assertEqual(findings.slowness(RESULTS, RESULTS["modules"][0]), "")
        self.assertIn("slow build", findings.slowness(RESULTS, RESULTS["modules"][1]))
        self.assertEqual(len(findings.warnings(RESULTS)), 1)
        self.assertGreater(self.page().count("slow build"), 4)  # at each of its tables
        self.assertNotIn("slow build", self.page(machine=RESULTS["machine"] | {"aes_instructions": False}))

    def test_marks(self):
        plain = self.page()
        for mark, changes in (("Partial.", {"partial": True}), ("A quick run", {"quick": True}), ("were measured.", {"filter": "x"}),
                              ("for 40 % of its time", {"machine": RESULTS["machine"] | {"share_of_a_core": 0.4}}),
                              ("One core only", {"machine": RESULTS["machine"] | {"cores": 1}})):
            self.assertNotIn(mark, plain)
            self.assertIn(mark, self.page(**changes))

    def test_almost_nothing_was_measured(self):
        self.assertIn("<h1>", self.page(partial=True, tables=[], modules=[], sizes={}))
        self.page(partial=True, tables=[table("bulk", "MB/s", LIBRARIES)])

    def test_bad_results(self):
        for text in ("", "{", "[]", "{}", '{"plugtls_bench": 2}'):
            made = self.make(text)
            self.assertEqual(made.returncode, 1)
            self.assertEqual(len(made.stderr.splitlines()), 1, made.stderr)


class BadInput(unittest.TestCase):
    def check(self, status, said, *arguments):
        done = subprocess.run([sys.executable, HERE.parent / "run.py", *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(said, done.stderr)

    def test_bad_input(self):
        with tempfile.TemporaryDirectory() as folder:
            backend = next(HERE.parent.parent.glob("backends/*/any.cpp")).parent.name
            self.check(1, "cannot be written to /dev/null/x", "--out", "/dev/null/x")
            self.check(2, "it takes BACKEND=/PREFIX", "--out", folder, "--with", "nonesuch=/usr")
            self.check(2, "it takes BACKEND=/PREFIX", "--out", folder, "--with", backend)
            self.check(1, f"there is no {backend} in {folder}", "--out", folder, "--with", f"{backend}={folder}")
            self.check(2, "unrecognized arguments", "--nonesuch")


if __name__ == "__main__":
    unittest.main()
