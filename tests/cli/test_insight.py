# SPDX-License-Identifier: BSL-1.0
"""Key log and trace of the client. That a key log decrypts the traffic is shown by tests/peers/key_log.py."""
import json
import os
import pathlib
import re
import stat
import tempfile

from program import PKI, BackendTest

LINE = re.compile(rb"^[A-Z0-9_]+ [0-9a-fA-F]{64} [0-9a-fA-F]{64,96}$")


class Insight(BackendTest):
    def get(self, server, backend, *arguments, version=None, keys=None):
        environment = {k: v for k, v in os.environ.items() if k != "SSLKEYLOGFILE"}
        if keys:
            environment["SSLKEYLOGFILE"] = str(keys)
        window = ["--min", version, "--max", version] if version else []
        return self.program.run("client", "--backend", backend, "--ca", PKI / "root.pem", "--connect", server.address, "--json",
                                "--get", "/", *window, *arguments, "plugtls.test:443", env=environment)

    def test_key_log(self):
        for backend, version in self.versions():
            with tempfile.TemporaryDirectory() as name, self.program.serve() as server:
                keys = pathlib.Path(name) / "keys"
                result = self.get(server, backend, "--keylog", keys, version=version)
                if not self.backends[backend]["key_log"]:
                    self.assertEqual((result.status, result.json["error"]), (4, "unsupported"))
                    self.assertFalse(keys.exists())
                    result = self.get(server, backend, version=version, keys=keys)
                    self.assertEqual(result.status, 0, result.err)
                    self.assertIn(b"SSLKEYLOGFILE", result.err)
                    self.assertFalse(keys.exists())
                    continue
                self.assertEqual(result.status, 0, result.err)
                self.assertEqual(stat.S_IMODE(keys.stat().st_mode), 0o600)
                first = keys.read_bytes()
                for line in first.splitlines():
                    self.assertRegex(line, LINE)
                self.assertEqual(self.get(server, backend, version=version, keys=keys).status, 0)
                both = keys.read_bytes()
                self.assertTrue(both.startswith(first))
                self.assertEqual(len(both.splitlines()), 2 * len(first.splitlines()))
                self.assertEqual(self.get(server, backend, version=version).status, 0)
                self.assertEqual(keys.read_bytes(), both)

    def test_key_log_that_cannot_be_written(self):
        for backend, capabilities in self.backends.items():
            if not capabilities["key_log"]:
                continue
            with self.program.serve() as server:
                result = self.get(server, backend, "--keylog", "/nonexistent/keys")
                self.assertEqual((result.status, result.json["error"]), (3, "file_error"))
                result = self.get(server, backend, keys="/nonexistent/keys")
                self.assertEqual(result.status, 0)
                self.assertIn(b"SSLKEYLOGFILE", result.err)
                result = self.get(server, backend, "--keylog", "/dev/full")
                self.assertEqual((result.status, result.json["error"]), (3, "file_error"))

    def test_trace(self):
        for backend, version in self.versions():
            with tempfile.TemporaryDirectory() as name, self.program.serve() as server:
                file = pathlib.Path(name) / "trace"
                result = self.get(server, backend, "--trace", file, version=version)
                self.assertEqual(result.status, 0, result.err)
                trace = self.program_json(file)
                messages = [e["name"] for e in trace["events"] if e["what"] == "message"]
                self.assertEqual(messages[:2], ["client_hello", "server_hello"])
                self.assertEqual(trace["version"]["name"], f"TLSv{version}")
                self.assertEqual(trace["cipher_suite"]["name"], result.json["cipher_suite"])
                self.assertEqual([c["sha256"] for c in trace["chain"]], [c["sha256"] for c in result.json["chain"]])
                self.assertEqual(trace["statistics"]["bytes_read"], result.json["bytes_read"])
                self.assertIsNone(trace["error"])
                result = self.get(server, backend, "--trace", file, "--name", "wrong.test", version=version)
                self.assertEqual(result.status, 1)
                trace = self.program_json(file)
                self.assertEqual((trace["error"], trace["established"]), ("hostname_mismatch", False))
                result = self.get(server, backend, "--trace", "/nonexistent/trace")
                self.assertEqual((result.status, result.json["error"]), (3, "file_error"))

    def program_json(self, file):
        return json.loads(file.read_text())
