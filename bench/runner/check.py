#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks the runner with a module that holds no library: check.py RUNNER MODULE COUNTING"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True


class Runner(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        shutil.copy(MODULE, self.folder / "bench-fake.so")
        shutil.copy(COUNTING, self.folder / "lib-counting.so")
        self.out = self.folder / "results.json"

    def command(self, *more, out=None, modules=None):
        return [RUNNER, "--modules", str(modules or self.folder), "--out", str(out or self.out), *more]

    def run_all(self, *more, **places):
        return subprocess.run(self.command(*more, **places), capture_output=True, text=True, check=False)

    def cells(self):
        results = json.loads(self.out.read_text(encoding="utf-8"))
        return results, {(t["id"], r["id"]): r["cells"] for t in results["tables"] for r in t["rows"]}

    def test_a_run(self):
        done = self.run_all("--rounds", "5", "--round-time", "0.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        results, cells = self.cells()
        self.assertFalse(results["partial"])
        self.assertEqual([m["library"] for m in results["modules"]], ["Fake 1.0"])
        full = cells["handshakes", "hs_full_12_p256_x25519"]
        self.assertEqual(set(full), {"fake", "again"})
        self.assertEqual((full["fake"]["rounds"], full["again"]["again"]), (5, "fake"))
        self.assertLess(full["fake"]["median"], 1.01e6)  # each takes a microsecond at least
        self.assertTrue(full["fake"]["q1"] <= full["fake"]["median"] <= full["fake"]["q3"])
        self.assertIn("ratio", full["again"])
        bulk = cells["bulk", "bulk_12_16k_aes128gcm"]["fake"]  # 17 microseconds for 16 KiB
        self.assertTrue(0.5 * 16384 / 17 < bulk["median"] < 1.01 * 16384 / 17, bulk)
        self.assertEqual(cells["handshakes", "hs_full_13_p256_x25519"]["fake"],
                         {"state": "not offered", "why": "no TLS 1.3 in the fake"})
        self.assertEqual(cells["handshakes", "hs_resumed_12"]["fake"], {"state": "failed", "why": "broken in the making"})
        self.assertEqual(cells["exchanges", "pingpong_64_12"]["fake"], {"state": "failed", "why": "broken in the run"})
        self.assertEqual(set(cells["raw_fake", "bulk_16k"]), {"plugtls", "raw naive", "again"})
        self.assertTrue(1000 < cells["memory", "idle_12"]["fake"]["median"] < 1100)
        self.assertEqual(cells["memory", "allocs_1k_12"]["fake"]["median"], 0)

    def test_who_plays_twice(self):
        shutil.copy(MODULE, self.folder / "bench-newer.so")
        self.assertEqual(self.run_all("--filter", "handshakes/hs_full_1._p256_x25519 ", "--rounds", "1").returncode, 0)
        results, cells = self.cells()
        again = results["tables"][0]["columns"][-1]
        self.assertEqual((again["id"], again["module"]), ("again", ""))  # of no library: each row says whose it is
        self.assertEqual(cells["handshakes", "hs_full_12_p256_x25519"]["again"]["again"], "fake")
        last = cells["handshakes", "hs_full_13_p256_x25519"]
        self.assertEqual((last["fake"]["state"], last["again"]["again"]), ("not offered", "newer"))
        self.assertIn("ratio", last["again"])

    def test_an_interrupt_keeps_what_was_measured(self):
        with subprocess.Popen(self.command("--round-time", "20"), stderr=subprocess.PIPE, text=True) as run:
            while "[15/" not in run.stderr.readline():
                self.assertIsNone(run.poll())
            time.sleep(0.1)
            run.send_signal(signal.SIGINT)
            said = run.stderr.read()
            self.assertEqual(run.wait(), 130)
        self.assertIn("interrupted", said)
        results, cells = self.cells()
        self.assertTrue(results["partial"])
        self.assertGreater(results["rows_left_out"], 10)
        self.assertGreater(len(cells), 10)

    def test_a_filter(self):
        self.assertEqual(self.run_all("--filter", "bulk/.*1 KiB", "--rounds", "1").returncode, 0)
        self.assertEqual({table for table, _ in self.cells()[1]}, {"bulk"})

    def test_one_core(self):
        one = {min(os.sched_getaffinity(0))}
        done = subprocess.run(self.command("--filter", "bulk_12_1k_aes128gcm", "--rounds", "1"), capture_output=True, check=False,
                              preexec_fn=lambda: os.sched_setaffinity(0, one))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.cells()[0]["machine"]["cores"], 1)

    def test_a_row_with_threads(self):
        """Measured in a process of its own, where the module is loaded a second time."""
        self.assertEqual(self.run_all("--filter", "threads.*bulk_1k ", "--rounds", "3", "--round-time", "1").returncode, 0)
        row = self.cells()[1]["threads_fake", "bulk_1k"]
        self.assertEqual([row[c]["rounds"] for c in ("plugtls", "raw naive", "again")], [3, 3, 3])
        self.assertEqual(self.run_all("--filter", "threads.*pingpong_64 ", "--rounds", "1").returncode, 0)
        row = self.cells()[1]["threads_fake", "pingpong_64"]
        self.assertEqual(row["plugtls"], {"state": "failed", "why": "broken in the run"})

    def test_a_time_limit(self):
        begin = time.monotonic()
        self.assertEqual(self.run_all("--rounds", "500", "--round-time", "5", "--seconds", "5").returncode, 0)
        self.assertLess(time.monotonic() - begin, 40)

    def test_bad_input(self):
        for status, said, more in ((2, "is no regular expression", ["--filter", "("]), (2, "no row matches", ["--filter", "nonesuch"]),
                                   (2, "--rounds", ["--rounds", "0"]), (1, "cannot write", {"out": "/dev/null/x"}),
                                   (1, "cannot read", {"modules": "/nonesuch"})):
            done = self.run_all(**more) if isinstance(more, dict) else self.run_all(*more)
            self.assertEqual(done.returncode, status, (more, done.stderr))
            self.assertIn(said, done.stderr + done.stdout)
        (self.folder / "bench-fake.so").write_text("no module")
        self.assertIn("cannot load", self.run_all().stderr)


if __name__ == "__main__":
    RUNNER, MODULE, COUNTING = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
